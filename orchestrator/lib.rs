//! Kiln builds a fleet of container images from one manifest.
