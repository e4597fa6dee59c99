//! Brokers under measurement.

pub(crate) mod process;
pub(crate) mod quota;
mod relay;
pub(crate) mod test_bed;

pub(crate) use test_bed::{Conditions, TestBed};
