//! Readers and writers for metric frames and incident folders.
