use super::*;
use crate::text::Span;

#[track_caller]
fn check(text: &str, platform: Option<&str>, expect: Result<&str, &str>) {
    let params = IndexMap::from([(String::from("version"), String::from("1.26.5"))]);
    let platform: Option<Platform> = platform.map(|text| text.parse().unwrap());
    let machine = platform
        .as_ref()
        .map_or(Machine::Builder("${TARGETARCH}"), Machine::One);
    let text = ParamText::new(Spanned::new(text.to_owned(), Span::default()));
    match (text.fill(&params, machine), expect) {
        (Ok(filled), Ok(expect)) => assert_eq!(filled, expect),
        (Err(faults), Err(expect)) => {
            let whys: Vec<_> = faults.into_iter().map(|(_, why, _)| why).collect();
            let all = whys.join("; ");
            assert!(all.contains(expect), "{all}");
        }
        (got, _) => panic!("{text:?}: {got:?}"),
    }
}

#[test]
fn places_are_filled() {
    check(
        "{version} {version.minor} {version.major}",
        None,
        Ok("1.26.5 1.26 1"),
    );
    check("{arch}", None, Ok("${TARGETARCH}"));
    check("{arch.uname}", None, Err("only `{arch}` is known"));
    check(
        "{arch} {arch.uname} {arch.node}",
        Some("linux/amd64"),
        Ok("amd64 x86_64 x64"),
    );
    check(
        "{arch} {arch.uname} {arch.node}",
        Some("linux/arm64"),
        Ok("arm64 aarch64 arm64"),
    );
    check(
        "{arch} {arch.uname} {arch.node}",
        Some("linux/arm/v7"),
        Ok("arm armv7l armv7l"),
    );
    check(
        "{arch.x}",
        Some("linux/amd64"),
        Err("`arch` has only `.uname` and `.node`"),
    );
    check("{versoin}", None, Err("parameter `versoin` does not exist"));
    check(
        "{version:minor}",
        None,
        Err("`{version:minor}`: a parameter is text and has no rungs"),
    );
    check("{{version}} ${HOME}", None, Ok("{version} ${HOME}"));
    let both =
        "this `}` closes nothing; parameter `a` does not exist; parameter `b` does not exist";
    check("{a} {b} {version} } x", None, Err(both));
}
