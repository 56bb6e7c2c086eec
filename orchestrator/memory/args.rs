//! The build arguments of a recipe.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Build arguments. They are read and written in the order of their names, whatever the order of the manifest is, which holds the
/// same list: a large plan has no room for another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Args(Arc<IndexMap<String, String>>);

impl Args {
    /// Each argument with its value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        let sorted: BTreeMap<&String, &String> = self.0.iter().collect();
        sorted.into_iter()
    }
}

impl From<Arc<IndexMap<String, String>>> for Args {
    fn from(args: Arc<IndexMap<String, String>>) -> Self {
        Self(args)
    }
}

impl FromIterator<(String, String)> for Args {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(args: I) -> Self {
        Self(Arc::new(args.into_iter().collect()))
    }
}

impl Serialize for Args {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}
