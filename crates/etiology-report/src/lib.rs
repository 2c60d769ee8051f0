//! Text and JSON reports of diagnoses and frames.
