//! Etiology finds why an AI system went wrong: the facade for embedding.
