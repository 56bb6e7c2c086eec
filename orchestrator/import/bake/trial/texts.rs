//! The texts of a target, one beside the other in two evaluations of it.

use crate::import::bake::built::Built;
use crate::import::published::Text;

/// Whether two evaluations of a target differ in nothing but texts.
pub fn is_alike(one: &Built, other: &Built) -> bool {
    let places = |built: &Built| -> Vec<bool> { built.names.iter().map(Option::is_some).collect() };
    let keys = |built: &Built| -> Vec<String> {
        built
            .args
            .keys()
            .chain(built.contexts.keys())
            .cloned()
            .collect()
    };
    places(one) == places(other)
        && keys(one) == keys(other)
        && one.platforms == other.platforms
        && one.inline == other.inline
        && one.stage.is_some() == other.stage.is_some()
        && one.options == other.options
        && one.purpose == other.purpose
        && one.ancestors == other.ancestors
}

/// The texts of a target that may have placeholders, in a fixed order.
pub fn texts(built: &Built) -> Vec<Text> {
    texts_mut(&mut built.clone())
        .into_iter()
        .map(|text| text.clone())
        .collect()
}

/// The same, to change them.
pub fn texts_mut(built: &mut Built) -> Vec<&mut Text> {
    let names = built.names.iter_mut().flatten();
    let names = names.flat_map(|name| [&mut name.repository, &mut name.tag]);
    names
        .chain([&mut built.dockerfile, &mut built.context])
        .chain(&mut built.stage)
        .chain(built.args.values_mut())
        .chain(built.contexts.values_mut())
        .collect()
}
