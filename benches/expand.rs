//! Measures how long it takes to expand, check and list a fleet: `cargo bench --bench expand`.
//!
//! Prints the medians of several runs for fleets of 10,000 and 100,000 variants with five tags each, and the median
//! ratio between the two.

use kiln::line;
use kiln::matrix::Inputs;
use kiln::text::kdl::Document;
use kiln::text::{Diagnostics, Sources};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// The number of runs per fleet.
const RUNS: usize = 11;

fn main() {
    let (small, large) = (manifest(100, 50), manifest(500, 100));
    // Alternates between the two, so that other load on the machine slows both.
    let times: Vec<[Duration; 2]> = (0..RUNS).map(|_| [once(&small), once(&large)]).collect();
    let ratio = median(
        times
            .iter()
            .map(|[small, large]| large.as_secs_f64() / small.as_secs_f64()),
    );
    let [small, large] =
        [0, 1].map(|size| median(times.iter().map(|pair| pair[size].as_secs_f64())));
    println!(
        "expand, check, list  10,000 variants: {:>8.1} ms",
        small * 1e3
    );
    println!(
        "expand, check, list 100,000 variants: {:>8.1} ms  ({ratio:.1} times as long)",
        large * 1e3
    );
}

/// `versions` × `distros` × two variants, the second based on the first; five tags each.
fn manifest(versions: usize, distros: usize) -> Document {
    let mut text = String::from(
        "workspace \"bench\" { publish \"docker.io/bench/{image}\"; }\nbase \"os\" from=\"docker.io/library/os:{distro}\"\n",
    );
    text.push_str(
        "toolset \"lang\" { param \"version\"; package \"lang-{version}\"; }\nimage \"lang\" {\n",
    );
    text.push_str("axis \"version\" kind=\"version\" rungs=\"full minor\" {\n");
    text.extend((0..versions).map(|v| format!("value \"{}.{}.0\"\n", v / 50, v % 50)));
    text.push_str("}\naxis \"distro\" {\n");
    text.extend((0..distros).map(|d| format!("value \"distro{d}\"\n")));
    text.push_str(
        "}\naxis \"variant\" { value \"plain\" token=\"\"; value \"node\"; }\ntemplate \"t.hbs\"\n",
    );
    text.push_str("when variant=\"plain\" { from base=\"os\"; use \"lang\" version=\"{version}\"; }\nwhen variant=\"node\" { from image=\"lang\" variant=\"plain\"; }\n");
    text.push_str("tag \"{version}-{distro}-{variant}\"\ntag \"v{version}-{distro}-{variant}\"\ntag \"{version}-{variant}-on-{distro}\" rungs=\"full\"\n}\n");
    let mut diagnostics = Diagnostics::default();
    let mut sources = Sources::default();
    let document = line::document(&text, &mut sources, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    document
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn once(document: &Document) -> Duration {
    let documents = std::slice::from_ref(document);
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
    let start = Instant::now();
    let fleet = line::fleet(
        documents,
        &Inputs::default(),
        &mut sources,
        &mut diagnostics,
    )
    .expect("a fleet without errors");
    let mut listed = String::new();
    for variant in &fleet.variants {
        let label = variant.label();
        for (reference, tag) in variant.references() {
            let _ = writeln!(
                listed,
                "{reference}\t{label}\t{}",
                tag.how.as_deref().unwrap_or("as written")
            );
        }
    }
    let time = start.elapsed();
    let tags: usize = fleet
        .variants
        .iter()
        .map(|variant| variant.tags.len())
        .sum();
    assert_eq!(tags, fleet.variants.len() * 5);
    assert_eq!(listed.lines().count(), tags);
    time
}
