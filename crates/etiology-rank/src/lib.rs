//! Root-cause ranking: the method trait, published methods and diagnoses.
