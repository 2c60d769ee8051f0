//! Loaders of public incident suites and honest scoring of root-cause methods.
