//! Reading KDL.
