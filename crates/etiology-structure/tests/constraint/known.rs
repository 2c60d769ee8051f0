//! Graphs that other programs print for the same data.

use etiology_graph::Nodes;
use etiology_structure::{ColliderRule, ConflictPolicy, Knowledge, Pc};

use super::data::{edges, fisher_z, numbers, table};

/// pcalg 2.7-12 and bnlearn 5.2.1 on their own sample data.
#[test]
fn other_programs_agree_on_gaussian_data() {
    let cases: [(&str, f64, ColliderRule, &[&str]); 2] = [
        // bnlearn: pc.stable(gaussian.test, test = "zf", alpha = .01).
        (
            "bnlearn_gaussian.test",
            0.01,
            ColliderRule::SeparatingSet,
            &["A-->C", "A-->F", "B---D", "B-->C", "D-->F", "E-->F", "G-->F"],
        ),
        // pcalg: pc(gmG8, gaussCItest, alpha = .01) differs by Bar --> V5, from colliders that disagree (SHD 1). Putting the
        // stronger dependence first leaves it undirected, as in the true CPDAG.
        (
            "pcalg_gmG8",
            0.01,
            ColliderRule::Majority,
            &[
                "Author---Bar",
                "Author-->V6",
                "Author-->V8",
                "Bar---Ctrl",
                "Bar---V5",
                "V5-->V6",
                "V5-->V8",
                "V6-->V7",
            ],
        ),
    ];
    for (file, alpha, rule, expected) in cases {
        let Some((names, columns)) = table(&format!("oracles/causal/known/{file}.csv")) else { return };
        let test = fisher_z(&numbers(&columns));
        let pc = Pc::params().with_alpha(alpha).with_collider_rule(rule).build().unwrap();
        let found = pc.learn(&test, &Knowledge::none(Nodes::new(names).unwrap())).unwrap();
        println!("{file}: {:?}, tests {:?}", edges(&found.graph), found.report.tests);
        assert_eq!(edges(&found.graph), expected, "{file}");
    }
}

/// Conservative PC as pcalg and Tetrad print it (pcalg's `test_pc.R`, alpha .005 as there).
#[test]
fn conservative_pc_agrees_with_tetrad() {
    let Some((names, columns)) = table("oracles/causal/known/pcalg_consPC1.csv") else { return };
    let test = fisher_z(&numbers(&columns));
    let pc = Pc::params()
        .with_alpha(0.005)
        .with_collider_rule(ColliderRule::Conservative)
        .with_conflict_policy(ConflictPolicy::Overwrite)
        .build()
        .unwrap();
    let nodes = Nodes::new((1..=names.len()).map(|i| i.to_string())).unwrap();
    let found = pc.learn(&test, &Knowledge::none(nodes)).unwrap();
    println!("{:?} ambiguous {:?}", edges(&found.graph), found.ambiguous);
    assert_eq!(edges(&found.graph), ["1-->6", "2-->4", "2-->6", "3-->4", "4-->6", "4-->9"]);
}
