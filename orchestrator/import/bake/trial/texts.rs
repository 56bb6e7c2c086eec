//! The texts of a target, one beside the other in two evaluations of it.

use crate::import::bake::built::Built;
use crate::import::published::Text;

/// Whether two evaluations of a target differ in nothing but texts.
pub fn is_alike(one: &Built, other: &Built) -> bool {
    let places = |built: &Built| -> Vec<bool> { built.names.iter().map(Option::is_some).collect() };
    places(one) == places(other) && is_like(one, other)
}

/// Whether they differ in nothing but texts, and in which of the names they have.
pub fn is_like(one: &Built, other: &Built) -> bool {
    let keys = |built: &Built| -> Vec<String> {
        built
            .args
            .keys()
            .chain(built.contexts.keys())
            .cloned()
            .collect()
    };
    one.names.len() == other.names.len()
        && keys(one) == keys(other)
        && one.platforms.is_some() == other.platforms.is_some()
        && one.listed() == other.listed()
        && one.inline == other.inline
        && one.stage.is_some() == other.stage.is_some()
        && one.options == other.options
        && one.purpose == other.purpose
        && one.ancestors == other.ancestors
}

/// The texts of a target that may have placeholders, in a fixed order; `None` in the places of names that it does not have.
pub fn texts(built: &Built) -> Vec<Option<Text>> {
    texts_mut(&mut built.clone())
        .into_iter()
        .map(|text| text.map(|text| text.clone()))
        .collect()
}

/// The same, to change them.
pub fn texts_mut(built: &mut Built) -> Vec<Option<&mut Text>> {
    let names = built.names.iter_mut();
    let names = names.flat_map(|name| match name {
        Some(name) => [Some(&mut name.repository), Some(&mut name.tag)],
        None => [None, None],
    });
    let others = [&mut built.dockerfile, &mut built.context];
    let others = others
        .into_iter()
        .chain(&mut built.stage)
        .chain(built.args.values_mut())
        .chain(built.contexts.values_mut());
    names.chain(others.map(Some)).collect()
}
