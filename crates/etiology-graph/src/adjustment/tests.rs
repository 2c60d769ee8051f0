use proptest::prelude::*;

use super::*;
use crate::testing::{any_dag, class_by_force, subsets};
use crate::{Nodes, add_background_knowledge, cpdag, dag_to_mag, satisfies_front_door};

fn dag(names: &str, edges: &str) -> Dag {
    let nodes = Nodes::new(names.split(' ')).unwrap();
    let edges = edges.split(' ').map(|edge| edge.split_once('>').unwrap());
    let edges: Vec<_> = edges.map(|(a, b)| (nodes.require(a).unwrap(), nodes.require(b).unwrap())).collect();
    Dag::from_edges(nodes, edges).unwrap()
}

fn named(dag: &Dag, set: &NodeSet) -> String {
    set.iter().map(|v| dag.nodes().name(v)).collect::<Vec<_>>().join("")
}

fn question(dag: &Dag) -> Adjustment {
    let (x, y) = (dag.nodes().require("X").unwrap(), dag.nodes().require("Y").unwrap());
    Adjustment::new(&Pdag::from_dag(dag), x, y).unwrap()
}

/// The six games of Pearl and Mackenzie 2018, "The Book of Why", chapter 4, and their answers.
#[test]
fn back_door_games() {
    for (game, names, edges, answers) in [
        (1, "X Y A B", "X>A A>Y A>B", vec![""]),
        (2, "X Y A B C D E", "X>E E>Y A>B A>X B>C D>B D>E", vec![""]),
        (3, "X Y A B", "X>Y X>A B>A B>Y B>X", vec!["B"]),
        (4, "X Y A B C", "A>X A>B C>B C>Y X>Y", vec![""]),
        (5, "X Y A B C", "A>X A>B C>B C>Y X>Y B>X", vec!["AB", "C"]),
        (6, "X Y A B C D E F", "X>F C>X A>C A>D B>D B>E D>X D>Y E>Y F>Y", vec!["AD", "BD", "CD", "DE"]),
    ] {
        let dag = dag(names, edges);
        let question = question(&dag);
        let mut sets: Vec<_> = question.all_minimal().collect();
        assert!(sets.iter().all(|set| question.is_valid(set) && satisfies_back_door(&dag, 0, 1, set)));
        assert!(sets.contains(&question.minimal().unwrap()), "game {game}");
        sets.sort_by_key(|set| named(&dag, set));
        assert_eq!(sets.iter().map(|set| named(&dag, set)).collect::<Vec<_>>(), answers, "game {game}");
    }
}

#[test]
fn collider_and_descendants_are_no_covariates() {
    let m_bias = dag("X Y A M B", "A>X A>M B>M B>Y X>Y");
    let question = question(&m_bias);
    let of = |nodes: &[usize]| NodeSet::from_nodes(5, nodes.iter().copied());
    assert_eq!(question.minimal(), Some(of(&[])));
    assert!(!question.is_valid(&of(&[3])) && question.is_valid(&of(&[3, 2])));
    assert_eq!(named(&m_bias, &question.optimal().unwrap()), "B");
    assert!(!satisfies_back_door(&m_bias, 0, 1, &of(&[3])));
}

#[test]
fn bow_and_hidden_confounders() {
    let bow = dag("X Y U", "U>X U>Y X>Y");
    let observed = NodeSet::from_nodes(3, [0, 1]);
    let hidden = question(&bow).with_observed(&observed);
    assert_eq!((hidden.minimal(), hidden.canonical(), hidden.optimal()), (None, None, None));
    assert_eq!(hidden.all_minimal().count(), 0);
    assert_eq!(dag_to_mag(&bow, &NodeSet::from_nodes(3, [2]), &NodeSet::new(3)).edge_count(), 1);
    // Pearl's Simpson machine with U hidden: {Z1} or {Z3}.
    let machine = dag("X Y Z1 Z2 Z3 U", "X>Y Z1>U U>X Z1>Z3 Z3>Y U>Z2 Z3>Z2");
    let question = question(&machine).with_observed(&NodeSet::from_nodes(6, 0..5));
    let sets: Vec<_> = question.all_minimal().map(|set| named(&machine, &set)).collect();
    assert_eq!(sets, ["Z1", "Z3"]);
}

/// van der Zander, Liskiewicz and Textor 2014, with two causes and two effects.
#[test]
fn joint_effects() {
    let dag = dag("x1 x2 y1 y2 z1 z2", "x1>y1 x1>z1 z1>z2 z2>x2 y2>z2");
    let of = |nodes: &[usize]| NodeSet::from_nodes(6, nodes.iter().copied());
    let question = Adjustment::between(&Pdag::from_dag(&dag), &of(&[0, 1]), &of(&[2, 3])).unwrap();
    assert!(question.is_valid(&of(&[4, 5])));
    assert!(!question.is_valid(&of(&[4])), "x2 <- z2 <- y2 is open");
    assert!(!question.is_valid(&of(&[5])), "x1 -> z1 -> z2 <- y2 is open");
}

#[test]
fn wrong_questions() {
    let dag = dag("X Y", "X>Y");
    let graph = Pdag::from_dag(&dag);
    assert!(matches!(Adjustment::new(&graph, 0, 0), Err(GraphError::SelfLoop { .. })));
    assert!(matches!(Adjustment::new(&graph, 0, 5), Err(GraphError::UnknownNode { .. })));
    let mut conflict = graph.clone();
    conflict.set_bidirected(0, 1);
    assert!(matches!(Adjustment::new(&conflict, 0, 1), Err(GraphError::NotMpdag)));
    assert!(!Adjustment::new(&cpdag(&dag), 0, 1).unwrap().is_amenable());
}

#[test]
fn parents_that_a_member_has() {
    let star = dag("X A B C", "A>X X>B C>X");
    let sets = possible_parent_sets(&cpdag(&star), 0).unwrap();
    assert_eq!(sets.map(|set| named(&star, &set)).collect::<Vec<_>>(), ["AC"]);
    let fork = dag("X A B", "X>A X>B");
    let sets = possible_parent_sets(&cpdag(&fork), 0).unwrap();
    assert_eq!(sets.map(|set| named(&fork, &set)).collect::<Vec<_>>(), ["", "B", "A"]);
}

/// The criterion of Shpitser et al. 2010 path by path: no member on or below a proper causal path, every other path blocked.
fn valid_by_paths(dag: &Dag, xs: &NodeSet, ys: &NodeSet, set: &NodeSet) -> bool {
    fn walk(dag: &Dag, path: &mut Vec<usize>, xs: &NodeSet, ys: &NodeSet, set: &NodeSet) -> bool {
        let last = path[path.len() - 1];
        if ys.contains(last) {
            let causal = path.windows(2).all(|step| dag.has_edge(step[0], step[1]));
            let ok = if causal {
                path[1..].iter().all(|&v| dag.descendants(v).is_disjoint(set))
            } else {
                path.windows(3).any(|t| {
                    let collider = dag.has_edge(t[0], t[1]) && dag.has_edge(t[2], t[1]);
                    if collider { dag.descendants(t[1]).is_disjoint(set) } else { set.contains(t[1]) }
                })
            };
            if !ok {
                return false;
            }
        }
        (0..dag.len()).filter(|&v| dag.adjacent(last, v)).all(|v| {
            if xs.contains(v) || path.contains(&v) {
                return true;
            }
            path.push(v);
            let ok = walk(dag, path, xs, ys, set);
            path.pop();
            ok
        })
    }
    set.is_disjoint(xs) && set.is_disjoint(ys) && xs.iter().all(|x| walk(dag, &mut vec![x], xs, ys, set))
}

/// Variance of `y` not explained by `given`, from a covariance, by elimination.
fn residual(covariance: &[Vec<f64>], y: usize, given: &[usize]) -> f64 {
    let order: Vec<usize> = given.iter().copied().chain([y]).collect();
    let mut m: Vec<Vec<f64>> =
        order.iter().map(|&a| order.iter().map(|&b| covariance[a][b]).collect()).collect();
    for k in 0..given.len() {
        for i in k + 1..m.len() {
            let pivot = m[k].clone();
            let factor = m[i][k] / pivot[k];
            m[i].iter_mut().zip(&pivot).for_each(|(entry, pivot)| *entry -= factor * pivot);
        }
    }
    m[given.len()][given.len()]
}

fn covariance(dag: &Dag, weights: &[f64]) -> Vec<Vec<f64>> {
    let p = dag.len();
    let mut loadings = vec![vec![0.0; p]; p];
    for v in dag.topological_order() {
        loadings[v][v] = 1.0;
        for u in dag.parents(v) {
            let of_parent = loadings[u].clone();
            let weighted = of_parent.iter().map(|loading| weights[u * p + v] * loading);
            loadings[v].iter_mut().zip(weighted).for_each(|(loading, more)| *loading += more);
        }
    }
    let entry = |a: usize, b: usize| (0..p).map(|k| loadings[a][k] * loadings[b][k]).sum();
    (0..p).map(|a| (0..p).map(|b| entry(a, b)).collect()).collect()
}

proptest! {
    #[test]
    fn criterion_in_dags(dag in any_dag(5), more in any::<u8>()) {
        let p = dag.len();
        let graph = Pdag::from_dag(&dag);
        for x in 0..p {
            for y in (0..p).filter(|&y| y != x) {
                // Sometimes a second cause or effect.
                let extra = usize::from(more) % p;
                let (mut xs, mut ys) = (NodeSet::from_nodes(p, [x]), NodeSet::from_nodes(p, [y]));
                if extra != x && extra != y {
                    if more & 128 == 0 { xs.insert(extra); } else { ys.insert(extra); }
                }
                let question = Adjustment::between(&graph, &xs, &ys).unwrap();
                let valid: Vec<_> = subsets(p).filter(|set| valid_by_paths(&dag, &xs, &ys, set)).collect();
                for set in subsets(p) {
                    prop_assert_eq!(question.is_valid(&set), valid.contains(&set), "{:?} {:?} {:?}", &xs, &ys, set);
                }
                prop_assert_eq!(question.canonical().is_some(), !valid.is_empty());
                let minimal = |set: &&NodeSet| !valid.iter().any(|other| other != *set && other.is_subset(set));
                let mut forced: Vec<_> = valid.iter().filter(minimal).cloned().collect();
                let mut found: Vec<_> = question.all_minimal().collect();
                prop_assert_eq!(question.minimal().is_some(), !valid.is_empty());
                prop_assert!(question.minimal().is_none_or(|set| found.contains(&set)));
                forced.sort();
                found.sort();
                prop_assert_eq!(found, forced);
                for set in subsets(p).filter(|set| satisfies_back_door(&dag, x, y, set)) {
                    prop_assert!(valid_by_paths(&dag, &NodeSet::from_nodes(p, [x]), &NodeSet::from_nodes(p, [y]), &set));
                }
            }
        }
    }

    /// In a CPDAG or MPDAG: valid if and only if valid in every member.
    #[test]
    fn criterion_in_classes(dag in any_dag(5), known in prop::collection::vec(any::<prop::sample::Index>(), 0..3), more in any::<u8>()) {
        let p = dag.len();
        let edges: Vec<_> = dag.edges().collect();
        let required: Vec<_> = known.iter().filter(|_| !edges.is_empty()).map(|index| *index.get(&edges)).collect();
        let graph = add_background_knowledge(&cpdag(&dag), required.clone(), []).unwrap();
        let class: Vec<_> = class_by_force(&dag);
        let class: Vec<_> = class.iter().filter(|d| required.iter().all(|&(a, b)| d.has_edge(a, b))).collect();
        for x in 0..p {
            let mut parents: Vec<_> = class.iter().map(|d| d.parents(x).clone()).collect();
            parents.sort_by(|a, b| a.iter().cmp(b.iter()));
            parents.dedup();
            let mut found: Vec<_> = possible_parent_sets(&graph, x).unwrap().collect();
            found.sort_by(|a, b| a.iter().cmp(b.iter()));
            prop_assert_eq!(found, parents);
            for y in (0..p).filter(|&y| y != x) {
                let (mut xs, mut ys) = (NodeSet::from_nodes(p, [x]), NodeSet::from_nodes(p, [y]));
                let extra = usize::from(more) % p;
                if more & 64 == 0 && extra != x && extra != y {
                    if more & 128 == 0 { xs.insert(extra); } else { ys.insert(extra); }
                }
                let question = Adjustment::between(&graph, &xs, &ys).unwrap();
                for set in subsets(p) {
                    let everywhere = class.iter().all(|d| valid_by_paths(d, &xs, &ys, &set));
                    prop_assert_eq!(question.is_valid(&set), everywhere, "{:?} {:?} {:?}", &xs, &ys, set);
                }
            }
        }
    }

    /// The optimal set has the smallest asymptotic variance, `var(y | x, z) / var(x | z)`, of all valid sets.
    #[test]
    fn optimal_set(dag in any_dag(6), weights in prop::collection::vec(-1.5f64..1.5, 36)) {
        let p = dag.len();
        let covariance = covariance(&dag, &weights);
        for x in 0..p {
            for y in &dag.descendants(x) {
                if y == x { continue; }
                let question = Adjustment::new(&Pdag::from_dag(&dag), x, y).unwrap();
                let variance = |set: &NodeSet| {
                    let z: Vec<_> = set.iter().collect();
                    let with_x: Vec<_> = z.iter().copied().chain([x]).collect();
                    residual(&covariance, y, &with_x) / residual(&covariance, x, &z)
                };
                let best = question.optimal().unwrap();
                for set in subsets(p).filter(|set| question.is_valid(set)) {
                    prop_assert!(variance(&best) <= variance(&set) * (1.0 + 1e-9));
                }
                if !dag.parents(x).contains(y) {
                    prop_assert_eq!(&question.parents().unwrap(), dag.parents(x));
                }
            }
        }
    }
}

#[test]
fn numbers_that_are_no_nodes() {
    let dag = dag("X Y", "X>Y");
    let far = NodeSet::from_nodes(64, [0, 60]);
    let y = NodeSet::from_nodes(2, [1]);
    let error = Adjustment::between(&Pdag::from_dag(&dag), &far, &y).unwrap_err();
    assert_eq!(error, GraphError::UnknownNode { name: "60".into() });
    assert!(Adjustment::between(&Pdag::from_dag(&dag), &y, &NodeSet::from_nodes(200, [100])).is_err());
    assert!(d_separated_sets(&dag, &far, &y, &far));
    assert_eq!(minimal_separator_sets(&dag, &far, &y, &NodeSet::new(2), &NodeSet::full(200)), None);
    assert!(!satisfies_back_door(&dag, 0, 9, &y) && !satisfies_front_door(&dag, 9, 1, &y));
}
