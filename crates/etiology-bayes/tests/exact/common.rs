//! The reference networks, where they are at hand.

use std::io::Read;
use std::path::PathBuf;

use etiology_bayes::{DiscreteNetwork, read_bif};

/// Every network of the collection.
pub const NETWORKS: [&str; 24] = [
    "alarm",
    "andes",
    "asia",
    "barley",
    "cancer",
    "child",
    "diabetes",
    "earthquake",
    "hailfinder",
    "hepar2",
    "insurance",
    "link",
    "mildew",
    "munin",
    "munin1",
    "munin2",
    "munin3",
    "munin4",
    "pathfinder",
    "pigs",
    "sachs",
    "survey",
    "water",
    "win95pts",
];

/// The text of a reference network, or none where the shared data is absent.
pub fn bif_text(name: &str) -> Option<String> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let path = format!("{shared}/data/networks/pgmpy/utils/example_models/{name}.bif.gz");
    let Ok(file) = std::fs::File::open(PathBuf::from(path)) else {
        println!("skipped: no shared data beside the checkout");
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(text)
}

/// A reference network, or none where the shared data is absent.
pub fn network(name: &str) -> Option<DiscreteNetwork> {
    Some(read_bif(&bif_text(name)?).unwrap())
}
