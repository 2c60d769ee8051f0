mod partial_correlation;
