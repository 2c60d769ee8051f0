//! Likelihood weighting and Gibbs sampling: within their stated errors of enumeration, and honest when they cannot be.

use etiology_bayes::{
    ApproximateMarginal, BayesError, DiscreteNetwork, Evidence, GibbsSampler, GibbsWarning,
    LikelihoodWeighting,
};
use etiology_graph::{Dag, Nodes};

use crate::support::{close, exact, random_discrete};

/// Counts states whose exact probability lies within two standard errors.
fn covered(network: &DiscreteNetwork, marginal: &ApproximateMarginal, evidence: &Evidence) -> (usize, usize) {
    let (truth, _) = exact(network, marginal.node, evidence);
    close(marginal.probabilities.iter().sum::<f64>(), 1.0, 1e-9);
    let states = truth.iter().zip(&marginal.probabilities).zip(&marginal.standard_errors);
    // The last state follows from the others, and a state without error must be right.
    let uncertain: Vec<_> = states.take(truth.len() - 1).filter(|(_, se)| **se > 1e-9).collect();
    for ((truth, got), _) in truth
        .iter()
        .zip(&marginal.probabilities)
        .zip(&marginal.standard_errors)
        .filter(|(_, se)| **se <= 1e-9)
    {
        close(*got, *truth, 1e-7);
    }
    let inside = uncertain.iter().filter(|((truth, got), se)| (**truth - **got).abs() <= 2.0 * **se).count();
    (inside, uncertain.len())
}

fn question(network: &DiscreteNetwork) -> (Vec<usize>, Evidence) {
    let soft = vec![0.7, 0.2, 0.4][..network.cardinality(1)].to_vec();
    let evidence = Evidence::new().with_state(0, 1).with_state(3, 0).with_likelihood(1, soft);
    ((0..network.len()).collect(), evidence)
}

#[test]
fn likelihood_weighting_covers_the_truth() {
    let (mut inside, mut all, mut evidence_inside) = (0, 0, 0);
    for seed in 0..40 {
        let network = random_discrete(7, seed);
        let (targets, evidence) = question(&network);
        let run = LikelihoodWeighting::new().with_samples(4_000).with_seed(seed);
        let estimate = run.run(&network, &targets, &evidence).unwrap();
        assert!(estimate.effective_samples > 100.0 && estimate.effective_samples <= 4_000.0);
        for marginal in &estimate.marginals {
            let (i, n) = covered(&network, marginal, &evidence);
            inside += i;
            all += n;
        }
        let (_, probability) = exact(&network, 0, &evidence);
        let relative = estimate.log_evidence.exp() / probability - 1.0;
        evidence_inside += usize::from(relative.abs() <= 2.0 * estimate.evidence_relative_error);
    }
    // 95.4 % are expected; states of one node are dependent, so the band is wide.
    let share = inside as f64 / all as f64;
    assert!((0.92..=0.985).contains(&share), "{share} of {all}");
    assert!(evidence_inside >= 34, "{evidence_inside} of 40");
}

#[test]
fn gibbs_covers_the_truth() {
    let (mut inside, mut all) = (0, 0);
    for seed in 0..60 {
        let network = random_discrete(6, seed + 100);
        let (targets, evidence) = question(&network);
        let run = GibbsSampler::new().with_samples(1_000).with_burn_in(200).with_seed(seed);
        let estimate = run.run(&network, &targets, &evidence).unwrap();
        assert!(estimate.r_hat.iter().all(|r| *r < 1.05), "{:?}", estimate.r_hat);
        assert!(estimate.warnings.is_empty(), "{:?}", estimate.warnings);
        for marginal in &estimate.marginals {
            let (i, n) = covered(&network, marginal, &evidence);
            inside += i;
            all += n;
        }
    }
    let share = inside as f64 / all as f64;
    assert!((0.92..=0.985).contains(&share), "{share} of {all}");
}

#[test]
fn the_same_seed_gives_the_same_answer_on_any_number_of_threads() {
    let network = random_discrete(6, 1);
    let (targets, evidence) = question(&network);
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    let weighting =
        || LikelihoodWeighting::new().with_samples(20_000).run(&network, &targets, &evidence).unwrap();
    assert_eq!(pool(1).install(weighting), pool(3).install(weighting));
    let gibbs = || GibbsSampler::new().with_samples(200).run(&network, &targets, &evidence).unwrap();
    assert_eq!(pool(1).install(gibbs), pool(3).install(gibbs));
    assert_ne!(
        gibbs(),
        GibbsSampler::new().with_samples(200).with_seed(1).run(&network, &targets, &evidence).unwrap()
    );
}

/// `y` copies `x`: given neither, each conditional is a point mass and the chain never moves.
fn copier() -> DiscreteNetwork {
    let dag = Dag::from_edges(Nodes::new(["x", "y"]).unwrap(), [(0, 1)]).unwrap();
    let states = vec![vec!["no".to_owned(), "yes".into()]; 2];
    DiscreteNetwork::new(dag, states, vec![vec![0.5, 0.5], vec![1.0, 0.0, 0.0, 1.0]]).unwrap()
}

#[test]
fn gibbs_says_when_it_cannot_move() {
    let estimate = GibbsSampler::new()
        .with_samples(100)
        .with_chains(8)
        .run(&copier(), &[0, 1], &Evidence::new())
        .unwrap();
    assert!(estimate.warnings.contains(&GibbsWarning::Deterministic { nodes: vec!["y".into()] }));
    assert!(
        estimate.warnings.iter().any(|w| matches!(w, GibbsWarning::NotConverged { node, .. } if node == "x"))
    );
    assert!(estimate.marginals[0].standard_errors[0] > 0.1);
    assert!(estimate.warnings.iter().all(|w| !w.to_string().contains("NaN")));
}

#[test]
fn impossible_and_wrong_questions_are_named() {
    let network = copier();
    let impossible = Evidence::new().with_state(0, 0).with_state(1, 1);
    let weighting = LikelihoodWeighting::new().with_samples(1_000);
    assert!(matches!(weighting.run(&network, &[0], &impossible), Err(BayesError::ImpossibleEvidence { .. })));
    let gibbs = GibbsSampler::new();
    assert!(matches!(gibbs.run(&network, &[0], &impossible), Err(BayesError::ImpossibleEvidence { .. })));
    assert!(weighting.run(&network, &[5], &Evidence::new()).is_err());
    assert!(weighting.run(&network, &[0], &Evidence::new().with_state(0, 7)).is_err());
    assert!(weighting.with_samples(0).run(&network, &[0], &Evidence::new()).is_err());
    assert!(gibbs.with_chains(1).run(&network, &[0], &Evidence::new()).is_err());
    assert!(gibbs.with_samples(3).run(&network, &[0], &Evidence::new()).is_err());
    assert!(gibbs.with_thinning(0).run(&network, &[0], &Evidence::new()).is_err());
    // An observed target is certain; no target is no answer; one target may be asked twice.
    let seen = Evidence::new().with_state(1, 1);
    let estimate = weighting.run(&network, &[1, 0, 0], &seen).unwrap();
    assert_eq!(estimate.marginals[0].probabilities, [0.0, 1.0]);
    assert_eq!(estimate.marginals[1], estimate.marginals[2]);
    close(estimate.log_evidence.exp(), 0.5, 0.1);
    let twice = gibbs.with_samples(100).run(&network, &[1, 0, 0], &seen).unwrap();
    assert_eq!(twice.marginals[1], twice.marginals[2]);
    assert!(weighting.run(&network, &[], &seen).unwrap().marginals.is_empty());
}

/// A thousand unlikely findings: weights are kept as logarithms and do not underflow.
#[test]
fn long_evidence_does_not_underflow() {
    let p = 1_000;
    let dag = Dag::from_edges(Nodes::numbered(p + 1), (1..=p).map(|v| (0, v))).unwrap();
    let states = vec![vec!["no".to_owned(), "yes".into()]; p + 1];
    let mut tables = vec![vec![0.5, 0.5]];
    tables.extend(vec![vec![0.99, 0.01, 0.9899, 0.0101]; p]);
    let network = DiscreteNetwork::new(dag, states, tables).unwrap();
    let evidence = (1..=p).fold(Evidence::new(), |evidence, v| evidence.with_state(v, 1));
    let estimate = LikelihoodWeighting::new().with_samples(20_000).run(&network, &[0], &evidence).unwrap();
    let ratio = 1.01_f64.powi(1_000);
    close(estimate.marginals[0].probabilities[1], ratio / (1.0 + ratio), 1e-4);
    close(estimate.log_evidence, 1_000.0 * 0.01_f64.ln() + (0.5 + 0.5 * ratio).ln(), 1e-4);
}
