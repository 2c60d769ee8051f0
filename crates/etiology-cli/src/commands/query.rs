//! `etiology query`: what a network says of its nodes, given what was seen or set.

use etiology::bayes::{
    ApproximateMarginal, BayesError, DiscreteNetwork, Evidence, GibbsSampler, JunctionTree,
    LikelihoodWeighting, Limits, MixedPosterior, Network, OrderHeuristic, Value, VariableElimination,
};
use etiology_report::{marginal_text, page};
use serde::Serialize;

use crate::cli::{Format, Global, Query, QueryMethod};
use crate::failure::Failure;
use crate::{graphs, output};

/// Chains of Gibbs sampling, which share the draws.
const GIBBS_CHAINS: usize = 4;

#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    version: &'static str,
    seed: u64,
    /// `exact`, `likelihood-weighting` or `gibbs`.
    method: &'static str,
    /// Probability of the evidence after the interventions, which Gibbs sampling does not give; a density where it is
    /// continuous.
    evidence_probability: Option<f64>,
    targets: Vec<Target>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Target {
    node: String,
    #[serde(flatten)]
    belief: Belief,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Belief {
    States {
        states: Vec<String>,
        probabilities: Vec<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        standard_errors: Option<Vec<f64>>,
    },
    Number {
        mean: f64,
        sd: f64,
    },
}

pub(crate) fn run(global: &Global, options: &Query) -> Result<(), Failure> {
    let at = |error: &dyn std::fmt::Display| Failure::at(&options.network, error);
    let network = graphs::read_network(&options.network)?;
    let mut named: Vec<&str> =
        options.interventions.iter().chain(&options.evidence).map(|(node, _)| node.as_str()).collect();
    named.sort_unstable();
    if let Some(twice) = named.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(at(&format!("`{}` is seen or set twice; give it one state", twice[0])));
    }
    let actions = values(&network, &options.interventions).map_err(|e| at(&e))?;
    let network = network.intervene(&actions).map_err(|e| at(&e))?;
    let seen = values(&network, &options.evidence).map_err(|e| at(&e))?;
    if options.explain {
        return explain(options, &network, &seen);
    }
    let fixed = |node: &usize| seen.iter().chain(&actions).any(|(other, _)| other == node);
    let targets: Vec<usize> = if options.target.is_empty() {
        (0..network.nodes().len()).filter(|node| !fixed(node)).collect()
    } else {
        options
            .target
            .iter()
            .map(|name| network.nodes().require(name))
            .collect::<Result<_, _>>()
            .map_err(|e| at(&e))?
    };
    let mut answer = Answer {
        schema: "etiology.query/1",
        version: env!("CARGO_PKG_VERSION"),
        seed: global.seed,
        method: "exact",
        evidence_probability: None,
        targets: Vec::new(),
        warnings: Vec::new(),
    };
    match &network {
        Network::Discrete(discrete) => {
            ask_discrete(global, options, discrete, &targets, &seen, &mut answer).map_err(|e| at(&e))?;
        }
        _ => ask_numbers(&network, &targets, &seen, &mut answer).map_err(|e| at(&e))?,
    }
    let file = options.answer.output.as_deref();
    match options.answer.format {
        Format::Json => output::write_json(file, &answer),
        Format::Text => output::write(file, &text(&answer, !seen.is_empty(), file)),
    }
}

fn values(network: &Network, given: &[(String, String)]) -> Result<Vec<(usize, Value)>, BayesError> {
    given
        .iter()
        .map(|(name, value)| {
            let node = network
                .nodes()
                .index_of(name)
                .ok_or_else(|| BayesError::UnknownVariable { name: name.clone() })?;
            Ok((node, network.parse_value(node, value)?))
        })
        .collect()
}

fn findings(seen: &[(usize, Value)]) -> Evidence {
    seen.iter().fold(Evidence::new(), |evidence, &(node, value)| match value {
        Value::State(state) => evidence.with_state(node, state),
        Value::Number(_) => evidence,
    })
}

fn ask_discrete(
    global: &Global,
    options: &Query,
    network: &DiscreteNetwork,
    targets: &[usize],
    seen: &[(usize, Value)],
    answer: &mut Answer,
) -> Result<(), BayesError> {
    let evidence = findings(seen);
    let limits = Limits::default().with_bytes(options.memory as f64 * 1e6);
    let exact = || match exactly(network, targets, &evidence, limits) {
        Err(BayesError::TooLarge { message }) => Err(BayesError::TooLarge {
            message: format!(
                "{message} (--memory MB, or --method likelihood-weighting or gibbs, whose answers have standard errors)"
            ),
        }),
        other => other,
    };
    let method = match options.method {
        QueryMethod::Auto => match exact() {
            Err(BayesError::TooLarge { message }) => {
                answer.warnings.push(message);
                QueryMethod::LikelihoodWeighting
            }
            found => return found.map(|(marginals, p)| give(answer, network, targets, marginals, p)),
        },
        QueryMethod::Exact => {
            return exact().map(|(marginals, p)| give(answer, network, targets, marginals, p));
        }
        method => method,
    };
    let marginals = if method == QueryMethod::Gibbs {
        let sampler = GibbsSampler::new()
            .with_samples(options.samples.div_ceil(GIBBS_CHAINS))
            .with_chains(GIBBS_CHAINS)
            .with_seed(global.seed);
        let found = sampler.run(network, targets, &evidence)?;
        answer.method = "gibbs";
        answer.warnings.extend(found.warnings.iter().map(ToString::to_string));
        found.marginals
    } else {
        let sampler = LikelihoodWeighting::new().with_samples(options.samples).with_seed(global.seed);
        let found = sampler.run(network, targets, &evidence)?;
        answer.method = "likelihood-weighting";
        answer.evidence_probability = Some(found.log_evidence.exp());
        answer.warnings.push(format!(
            "sampled: {} draws, {:.0} effective; numbers have the standard errors beside them",
            options.samples, found.effective_samples
        ));
        found.marginals
    };
    let target = |m: ApproximateMarginal| target(network, m.node, m.probabilities, Some(m.standard_errors));
    answer.targets = marginals.into_iter().map(target).collect();
    Ok(())
}

/// Takes exact marginals as the answer.
fn give(
    answer: &mut Answer,
    network: &DiscreteNetwork,
    targets: &[usize],
    marginals: Vec<Vec<f64>>,
    probability: f64,
) {
    answer.evidence_probability = Some(probability);
    answer.targets =
        targets.iter().zip(marginals).map(|(&node, found)| target(network, node, found, None)).collect();
}

fn target(
    network: &DiscreteNetwork,
    node: usize,
    probabilities: Vec<f64>,
    standard_errors: Option<Vec<f64>>,
) -> Target {
    Target {
        node: network.name(node).to_owned(),
        belief: Belief::States { states: network.states(node).to_vec(), probabilities, standard_errors },
    }
}

/// Marginals of the targets and the probability of the evidence: by elimination for one target, else in one calibrated
/// tree.
fn exactly(
    network: &DiscreteNetwork,
    targets: &[usize],
    evidence: &Evidence,
    limits: Limits,
) -> Result<(Vec<Vec<f64>>, f64), BayesError> {
    if let [target] = targets {
        let found = VariableElimination::new(network).with_limits(limits).posterior(*target, evidence)?;
        let probability = found.evidence_probability();
        return Ok((vec![found.probabilities], probability));
    }
    let tree = JunctionTree::build(network, OrderHeuristic::Best, limits)?;
    let calibrated = tree.calibrate(evidence)?;
    let marginals = targets.iter().map(|&target| calibrated.marginal(target).to_vec()).collect();
    Ok((marginals, calibrated.evidence_probability()))
}

fn ask_numbers(
    network: &Network,
    targets: &[usize],
    seen: &[(usize, Value)],
    answer: &mut Answer,
) -> Result<(), BayesError> {
    for &node in targets {
        let found = network.query(node, seen)?;
        answer.evidence_probability = Some(found.log_evidence.exp());
        let belief = match (&found.posterior, network.states(node)) {
            (MixedPosterior::Discrete(probabilities), Some(states)) => Belief::States {
                states: states.to_vec(),
                probabilities: probabilities.clone(),
                standard_errors: None,
            },
            _ => Belief::Number { mean: found.mean().unwrap_or(0.0), sd: found.sd().unwrap_or(0.0) },
        };
        answer.targets.push(Target { node: network.nodes().name(node).to_owned(), belief });
    }
    Ok(())
}

fn text(answer: &Answer, conditioned: bool, file: Option<&std::path::Path>) -> String {
    let palette = output::palette(file);
    let mut out = String::new();
    for (index, target) in answer.targets.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        match &target.belief {
            Belief::States { states, probabilities, standard_errors } => {
                out +=
                    &marginal_text(&target.node, states, probabilities, standard_errors.as_deref(), palette);
            }
            Belief::Number { mean, sd } => {
                let (mean, sd) = (format!("{mean:.6}"), format!("{sd:.6}"));
                out += &page(&target.node, &[("mean", &mean), ("sd", &sd)], palette);
            }
        }
    }
    if let Some(probability) = answer.evidence_probability.filter(|_| conditioned) {
        out += &format!("\nprobability of the evidence: {probability:.10}\n");
    }
    for warning in &answer.warnings {
        out += &format!("\n{warning}\n");
    }
    out
}

#[derive(Serialize)]
struct Explanation {
    schema: &'static str,
    version: &'static str,
    /// Joint probability of the evidence and the states below.
    probability: f64,
    states: Vec<[String; 2]>,
}

fn explain(options: &Query, network: &Network, seen: &[(usize, Value)]) -> Result<(), Failure> {
    let at = |error: &dyn std::fmt::Display| Failure::at(&options.network, error);
    let Network::Discrete(network) = network else {
        return Err(at(&"--explain takes networks of categories only; ask for --target instead"));
    };
    let limits = Limits::default().with_bytes(options.memory as f64 * 1e6);
    let found =
        VariableElimination::new(network).with_limits(limits).explain(&findings(seen)).map_err(|e| at(&e))?;
    let states = found.nodes.iter().zip(&found.states).map(|(&node, &state)| {
        let name = network.states(node).get(state).cloned().unwrap_or_default();
        [network.name(node).to_owned(), name]
    });
    let answer = Explanation {
        schema: "etiology.explanation/1",
        version: env!("CARGO_PKG_VERSION"),
        probability: found.log_probability.exp(),
        states: states.collect(),
    };
    let file = options.answer.output.as_deref();
    match options.answer.format {
        Format::Json => output::write_json(file, &answer),
        Format::Text => {
            let mut out = String::new();
            for [node, state] in &answer.states {
                out += &format!("{node} = {state}\n");
            }
            out += &format!("\nprobability, the evidence included: {:.6e}\n", answer.probability);
            output::write(file, &out)
        }
    }
}
