//! The tests and scores by name, and which columns they take.

use etiology_stats::{
    ConditionalGaussianTest, ContingencyReference, ContingencyStatistic, ContingencyTest,
    CorrelationReference, DiscreteTable, IndependenceTest, KernelTest, Moments, PartialCorrelationTest,
    RandomFeatureTest, RankCorrelation, TestwiseFisherZ,
};

use super::Learner;
use super::method::unknown;
use crate::{
    BgeScore, ConditionalGaussianScore, DataKind, Dataset, DiscreteCriterion, DiscreteScore,
    GaussianCriterion, GaussianScore, LocalScore, StructureError,
};

use DataKind::{Continuous, Discrete, Mixed};

/// The independence tests by name, and the columns they take; a test for mixed columns takes any.
pub const TESTS: [(&str, DataKind); 13] = [
    ("fisher-z", Continuous),
    ("student-t", Continuous),
    ("mi-g", Continuous),
    ("spearman", Continuous),
    ("nonparanormal", Continuous),
    ("skeptic", Continuous),
    ("kci", Continuous),
    ("rcit", Continuous),
    ("g2", Discrete),
    ("chi2", Discrete),
    ("mi-shrink", Discrete),
    ("mi-permutation", Discrete),
    ("cg", Mixed),
];

/// The scores by name, and the columns they take; a score for mixed columns takes any.
pub const SCORES: [(&str, DataKind); 14] = [
    ("bic", Continuous),
    ("ebic", Continuous),
    ("aic", Continuous),
    ("bge", Continuous),
    ("bdeu", Discrete),
    ("bic", Discrete),
    ("ebic", Discrete),
    ("aic", Discrete),
    ("bds", Discrete),
    ("k2", Discrete),
    ("bdj", Discrete),
    ("fnml", Discrete),
    ("qnml", Discrete),
    ("cg-bic", Mixed),
];

const EBIC_GAMMA: f64 = 0.5;
const PERMUTATIONS: usize = 1000;

/// What a learner reads, and how that is called in an answer.
type Named<T> = Result<(Box<T>, String), StructureError>;

/// The test asked for, or the one for what the columns hold.
pub(super) fn test(options: &Learner, data: &Dataset, seed: u64) -> Named<dyn IndependenceTest> {
    let name = match (&options.test, data.kind()) {
        (Some(name), _) => name.as_str(),
        (None, Continuous) => "fisher-z",
        (None, Discrete) => "g2",
        (None, Mixed) => "cg",
    };
    check_fits("test", name, &TESTS, data.kind())?;
    let alpha = options.alpha;
    let correlation = |reference| -> Named<dyn IndependenceTest> {
        let test = PartialCorrelationTest::new(&moments(data)?, reference)?;
        Ok((Box::new(test), format!("{name}, alpha {alpha}")))
    };
    let rank = |kind| -> Named<dyn IndependenceTest> {
        let test = PartialCorrelationTest::rank(&numbers(data)?, kind, CorrelationReference::FisherZ)?;
        Ok((Box::new(test), format!("{name}, alpha {alpha}")))
    };
    let counts = |statistic| -> Result<ContingencyTest, StructureError> {
        Ok(ContingencyTest::new(&categories(data)?, statistic)?)
    };
    let named = |test: ContingencyTest| -> Named<dyn IndependenceTest> {
        Ok((Box::new(test), format!("{name}, alpha {alpha}")))
    };
    match name {
        "student-t" => correlation(CorrelationReference::StudentT),
        "mi-g" => correlation(CorrelationReference::MutualInformation),
        "spearman" => rank(RankCorrelation::Spearman),
        "nonparanormal" => rank(RankCorrelation::Nonparanormal),
        "skeptic" => rank(RankCorrelation::Skeptic),
        "kci" => Ok((Box::new(KernelTest::new(&numbers(data)?)?), format!("{name}, alpha {alpha}"))),
        "rcit" => {
            Ok((Box::new(RandomFeatureTest::new(&numbers(data)?, seed)?), format!("{name}, alpha {alpha}")))
        }
        "g2" => named(counts(ContingencyStatistic::LikelihoodRatio)?),
        "chi2" => named(counts(ContingencyStatistic::Pearson)?),
        "mi-shrink" => named(counts(ContingencyStatistic::Shrinkage)?),
        "mi-permutation" => {
            let reference = ContingencyReference::Permutation { permutations: PERMUTATIONS, seed };
            named(counts(ContingencyStatistic::LikelihoodRatio)?.with_reference(reference))
        }
        "cg" => {
            let test = ConditionalGaussianTest::new(data.variables().to_vec())?;
            Ok((Box::new(test), format!("{name}, alpha {alpha}")))
        }
        _ if data.has_missing() => {
            let columns = numbers(data)?.iter().map(|column| column.to_vec()).collect();
            Ok((
                Box::new(TestwiseFisherZ::new(columns)?),
                format!("{name} on each test's complete rows, alpha {alpha}"),
            ))
        }
        _ => correlation(CorrelationReference::FisherZ),
    }
}

/// Whether the test that would be used takes rows with missing values.
pub(super) fn takes_missing(options: &Learner) -> bool {
    let taking = ["fisher-z", "g2", "chi2", "cg"];
    options.test.as_deref().is_none_or(|name| taking.contains(&name))
}

/// The score asked for, or the one for what the columns hold.
pub(super) fn score(options: &Learner, data: &Dataset) -> Named<dyn LocalScore> {
    let name = match (&options.score, data.kind()) {
        (Some(name), _) => name.as_str(),
        (None, Continuous) => "bic",
        (None, Discrete) => "bdeu",
        (None, Mixed) => "cg-bic",
    };
    check_fits("score", name, &SCORES, data.kind())?;
    match (name, data.kind()) {
        ("cg-bic", _) | (_, Mixed) => {
            let penalty = options.penalty.unwrap_or(1.0);
            let score = ConditionalGaussianScore::new(data)?.with_penalty(penalty)?;
            Ok((Box::new(score), format!("cg-bic, penalty {penalty}")))
        }
        (_, Continuous) => gaussian_score(options, data, name),
        (_, Discrete) => discrete_score(options, data, name),
    }
}

fn gaussian_score(options: &Learner, data: &Dataset, name: &str) -> Named<dyn LocalScore> {
    let moments = moments(data)?;
    let covariance = moments.covariance(0);
    if name == "bge" {
        let score = BgeScore::new(&covariance, data.rows())?;
        return Ok((Box::new(score), "bge".to_owned()));
    }
    let (criterion, read) = match (name, options.penalty) {
        ("ebic", _) => (GaussianCriterion::Ebic { gamma: EBIC_GAMMA }, format!("ebic, gamma {EBIC_GAMMA}")),
        ("aic", _) => (GaussianCriterion::Aic, "aic".to_owned()),
        (_, Some(penalty)) => (GaussianCriterion::Bic { penalty }, format!("bic, penalty {penalty}")),
        (_, None) => (GaussianCriterion::DEFAULT, "bic, penalty 2".to_owned()),
    };
    Ok((Box::new(GaussianScore::new(&covariance, data.rows())?.with_criterion(criterion)?), read))
}

fn discrete_score(options: &Learner, data: &Dataset, name: &str) -> Named<dyn LocalScore> {
    if options.score.is_none() && options.iss.is_none() {
        let score = DiscreteScore::new(&categories(data)?)?;
        return Ok((Box::new(score), "bdeu, iss 1, one expected parent".to_owned()));
    }
    let (iss, penalty) = (options.iss.unwrap_or(1.0), options.penalty.unwrap_or(1.0));
    let (criterion, read) = match name {
        "bic" => (DiscreteCriterion::Bic { penalty }, format!("bic, penalty {penalty}")),
        "ebic" => (DiscreteCriterion::Ebic { gamma: EBIC_GAMMA }, format!("ebic, gamma {EBIC_GAMMA}")),
        "aic" => (DiscreteCriterion::Aic, "aic".to_owned()),
        "bds" => (DiscreteCriterion::Bds { iss }, format!("bds, iss {iss}")),
        "k2" => (DiscreteCriterion::K2, "k2".to_owned()),
        "bdj" => (DiscreteCriterion::Bdj, "bdj".to_owned()),
        "fnml" => (DiscreteCriterion::Fnml, "fnml".to_owned()),
        "qnml" => (DiscreteCriterion::Qnml, "qnml".to_owned()),
        _ => (DiscreteCriterion::Bdeu { iss }, format!("bdeu, iss {iss}")),
    };
    Ok((Box::new(DiscreteScore::with(&categories(data)?, criterion)?), read))
}

/// Refuses a name that is not known, or that is meant for other columns.
fn check_fits(
    what: &'static str,
    name: &str,
    known: &'static [(&'static str, DataKind)],
    kind: DataKind,
) -> Result<(), StructureError> {
    let fits = |takes: DataKind| takes == kind || takes == Mixed;
    if !known.iter().any(|&(other, _)| other == name) {
        let mut names: Vec<&'static str> = Vec::new();
        for &(other, _) in known {
            if !names.contains(&other) {
                names.push(other);
            }
        }
        return Err(unknown(what, name, names.into_iter()));
    }
    if known.iter().any(|&(other, takes)| other == name && fits(takes)) {
        return Ok(());
    }
    let fitting: Vec<&str> = known.iter().filter(|(_, takes)| fits(*takes)).map(|&(name, _)| name).collect();
    let hold = match kind {
        Continuous => "hold numbers: read them as categories with --discrete",
        Discrete => "hold categories: give numbers",
        Mixed => "hold numbers and categories: read all as categories with --discrete",
    };
    let message =
        format!("the {what} `{name}` does not fit the columns, which {hold}, or use {}", fitting.join(", "));
    Err(StructureError::Unsuitable { message })
}

/// The columns of numbers, when all are.
pub(super) fn numbers(data: &Dataset) -> Result<Vec<&[f64]>, StructureError> {
    data.continuous().ok_or_else(|| StructureError::Unsuitable {
        message:
            "this learner takes numbers and some columns hold categories; leave those out with --exclude"
                .to_owned(),
    })
}

pub(super) fn moments(data: &Dataset) -> Result<Moments, StructureError> {
    Ok(Moments::from_columns(&numbers(data)?)?)
}

/// The columns of categories, when all are.
pub(super) fn categories(data: &Dataset) -> Result<DiscreteTable, StructureError> {
    data.discrete().ok_or_else(|| StructureError::Unsuitable {
        message: "this learner takes categories and some columns hold numbers; read them as categories with --discrete"
            .to_owned(),
    })
}
