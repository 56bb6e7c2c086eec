use super::*;
use crate::line::tests::bring;
use crate::matrix::{Inputs, VariantId};
use crate::memory::NoHistory;
use crate::plan::{Facts, Options, build};
use crate::request::{Builder, Product, Store};

fn engine(platform: &str) -> EngineInfo {
    EngineInfo {
        id: String::new(),
        product: Product::Docker,
        version: "28.5.2".into(),
        api: "1.51".into(),
        store: Store::GraphDriver,
        driver: "overlay2".into(),
        builder: Builder::BuildKit,
        platform: platform.parse().unwrap(),
        cpus: 2,
    }
}

fn plan(images: &str, dockerfile: &str) -> Plan {
    let text = format!(
        "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; stage \"r.example/f/stage\" }}\n\
         base \"b\" from=\"debian:12\"\ntoolset \"t\" {{ run \"make\" }}\ntoolset \"u\" {{ run \"make u\" }}\n{images}"
    );
    let ready = bring(&text, &Inputs::default(), &[("D", dockerfile)]).made();
    let all = ready.fleet.variants.iter_enumerated().map(|(v, _)| v);
    let selected: BTreeSet<VariantId> = all.collect();
    let options = Options::new(true, selected, &NoHistory);
    build(&ready.materials(), &Facts::default(), &options)
}

/// What a plan for these images runs on foreign platforms of an engine: `linux/arm64 2 app:1`, and what comes first.
#[track_caller]
fn check_with(dockerfile: &str, images: &str, own: &str, expect: &[(&str, &str)]) {
    let found = foreign(&plan(images, dockerfile), &engine(own));
    let heads = found.iter().map(|one| {
        let (variant, what) = one.first.split_once(": ").expect("a variant");
        (format!("{} {} {variant}", one.platform, one.images), what)
    });
    let found: Vec<(String, &str)> = heads.collect();
    let fits = |((head, what), (wanted, of)): (&(String, &str), &(&str, &str))| {
        head == wanted && what.contains(of)
    };
    let fit = found.len() == expect.len() && found.iter().zip(expect).all(fits);
    assert!(fit, "{images}: {found:?}");
}

#[track_caller]
fn check(images: &str, own: &str, expect: &[(&str, &str)]) {
    check_with("", images, own, expect);
}

const TWO: &str = "image \"a\" { from base=\"b\"; platforms \"linux/amd64\" \"linux/arm64\"; use \"t\"; tag \"1\" }\n\
                   image \"c\" { from image=\"a\"; platforms \"linux/amd64\" \"linux/arm64\"; use \"u\"; tag \"1\" }";

#[test]
fn steps_run_on_the_platform_that_they_are_for() {
    check(TWO, "linux/amd64", &[("linux/arm64 2 a:1", ": RUN")]);
    check(TWO, "linux/arm64", &[("linux/amd64 2 a:1", ": RUN")]);
    let one = "image \"a\" { from base=\"b\"; use \"t\"; tag \"1\" }";
    check(one, "linux/amd64", &[]);
    let small = "image \"a\" { from base=\"b\"; platforms \"linux/386\"; use \"t\"; tag \"1\" }";
    check(small, "linux/amd64", &[]);
    check(small, "linux/arm64", &[("linux/386 1 a:1", ": RUN")]);
}

#[test]
fn what_runs_nothing_needs_no_emulator() {
    let copied = "image \"a\" { from base=\"b\"; platforms \"linux/arm64\"; env A=\"1\"; tag \"1\"; check env=\"A\"; check file=\"/x\" }";
    check(copied, "linux/amd64", &[]);
    let checked = "image \"a\" { from base=\"b\"; platforms \"linux/arm64\"; tag \"1\"; check run=\"a --version\" }";
    let expect = [("linux/arm64 1 a:1", "the check `run a --version`")];
    check(checked, "linux/amd64", &expect);
    let own = "image \"a\" { dockerfile \"D\"; platforms \"linux/arm64\"; tag \"1\" }";
    let cross = "FROM --platform=$BUILDPLATFORM debian:12 AS build\nRUN make\nFROM debian:12\nCOPY --from=build /a /a\n";
    check_with(cross, own, "linux/amd64", &[]);
    let pinned = cross.replace("$BUILDPLATFORM", "linux/s390x");
    let expect = [("linux/s390x 1 a:1", "D:2: RUN")];
    check_with(&pinned, own, "linux/amd64", &expect);
}

/// What is said, by the platforms that the engine reports.
#[track_caller]
fn says(reported: Option<&[&str]>, expect: Result<&[&str], &[&str]>) {
    let info = engine("linux/amd64");
    let foreign = foreign(&plan(TWO, ""), &info);
    let reported: Option<Vec<Platform>> =
        reported.map(|all| all.iter().map(|one| one.parse().unwrap()).collect());
    let said = emulated(&foreign, &info, reported.as_deref());
    let lines = |all: Vec<String>, expect: &[&str]| {
        let fits = |(one, part): (&String, &&str)| one.contains(*part);
        let fit = all.len() == expect.len() && all.iter().zip(expect).all(fits);
        assert!(fit, "{all:?}");
    };
    match (said, expect) {
        (Ok(notes), Ok(expect)) => lines(notes, expect),
        (Err(refused), Err(expect)) => {
            lines(refused.iter().map(ToString::to_string).collect(), expect);
        }
        (said, _) => panic!("{said:?}"),
    }
}

#[test]
fn emulation_is_compared_with_what_the_engine_reports() {
    says(
        Some(&["linux/amd64", "linux/386", "linux/arm64"]),
        Ok(&[
            "linux/arm64 is emulated by Docker Engine 28.5.2 on linux/amd64, which is several times slower: 2 images",
        ]),
    );
    let refused = "is for linux/arm64, which Docker Engine 28.5.2 on linux/amd64 neither runs nor emulates (2 images)\n  install emulators";
    says(Some(&["linux/amd64", "linux/386"]), Err(&[refused]));
    says(
        None,
        Ok(&["does not report whether it emulates linux/arm64"]),
    );
}
