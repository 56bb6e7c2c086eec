use super::*;
use crate::name::Platform;
use crate::run::local::Present;

/// G17: an image on the engine is removed at the end, also if another one has taken its name or its place.
#[test]
fn an_image_that_is_replaced_is_removed_by_its_id() {
    let (images, build) = (
        Images::new(&Plan::default(), 1),
        Build::of(&"a:1".into(), &Platform::linux_amd64()),
    );
    let present = |id: &str| Present {
        name: "localhost/kiln/a:k1".into(),
        id: Digest::of(id),
        layers: Vec::new(),
    };
    for id in ["first", "first", "second"] {
        images.on(EngineId(0)).arrive(&build, present(id));
    }
    assert_eq!(
        images.on(EngineId(0)).take_names(),
        [Digest::of("first").to_string()]
    );
    let adopted = Image {
        content: Digest::of("content"),
        inputs: None,
        part: None,
        built: None,
        kept: false,
    };
    images.replace(&build, adopted);
    assert!(images.on(EngineId(0)).present(&build).is_none());
    assert_eq!(
        images.on(EngineId(0)).take_names(),
        [Digest::of("second").to_string()]
    );
}
