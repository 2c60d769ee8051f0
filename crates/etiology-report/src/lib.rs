#![doc = include_str!("../README.md")]

mod cards;
mod detection;
mod diagnosis;
mod graph;
mod inspection;
mod lagged;
mod palette;
mod sparkline;
mod text;

pub use cards::{learner_list, method_list, method_page, mode_list, page};
pub use detection::detection_text;
pub use diagnosis::diagnosis_text;
pub use graph::{graph_text, marginal_text};
pub use inspection::Inspection;
pub use lagged::lagged_text;
pub use palette::Palette;
pub use text::to_json;
