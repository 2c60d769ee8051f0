//! Anomaly detection and onset estimation on metric frames.
