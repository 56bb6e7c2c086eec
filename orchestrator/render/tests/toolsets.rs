//! Tool sets in a Dockerfile: their order, what they need and refuse, and those that are refreshed.

use super::families::{good, image_with, reported};
use super::{run, run_lines};

/// The commands of the RUN instructions, in order.
fn runs(sets: &str, settings: &str) -> Vec<String> {
    let text = good(&run(&image_with(sets, settings), &[]));
    text.lines()
        .filter_map(|line| line.strip_prefix("RUN "))
        .filter(|l| !l.starts_with('-'))
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn no_fleet(sets: &str, settings: &str, expect: &str) {
    let found = super::expand_faults(&image_with(sets, settings));
    assert!(found.contains(expect), "{expect}\n{found}");
}

const FRESH: &str = "toolset \"git\" { refresh \"7d\"; package \"git\" \"curl=8.*\"; file \"f\" into=\"/f\"; run \"a\" }
    toolset \"Build.tools\" { refresh \"upgrades\"; run \"b\" }
    toolset \"plain\" { run \"c\" }
    toolset \"elsewhere\" { refresh \"1d\"; package rhel=\"x\"; file \"f\" into=\"/g\" }
    ";

/// G10: the file has the same value on each day.
#[test]
fn a_tool_set_that_is_refreshed() {
    let uses = "use \"git\"; use \"Build.tools\"; use \"plain\"; use \"elsewhere\"";
    let outcome = run(&image_with(FRESH, uses), &[("f", "")]);
    insta::assert_snapshot!(good(&outcome));
    let refreshed = outcome.recipes[0].refreshed.iter();
    let found: Vec<String> = refreshed
        .map(|one| {
            let packages = one.packages.iter();
            let packages: Vec<String> = packages
                .map(|package| format!("{}{}", package.name, if package.pinned { "!" } else { "" }))
                .collect();
            format!("{} {} {packages:?} {}", one.toolset, one.refresh, one.runs)
        })
        .collect();
    assert_eq!(
        found,
        [
            "git 7d [\"git\", \"curl!\"] true",
            "Build.tools upgrades [] true"
        ]
    );
}

/// What an ancestor has is refreshed there.
#[test]
fn an_ancestor_is_refreshed_alone() {
    let nodes = format!(
        "{FRESH}image \"p\" {{ from base=\"b\"; tag \"1\"; use \"git\" }}\nimage \"q\" {{ from image=\"p\"; tag \"1\"; use \"git\"; use \"plain\" }}"
    );
    let outcome = run(&nodes, &[("f", "")]);
    let of = |at: usize| outcome.recipes[at].refreshed.len();
    assert_eq!((of(0), of(1)), (1, 0), "{}", good(&outcome));
    assert!(!outcome.recipes[1].dockerfile.contains("KILN_FRESH"));
}

#[test]
fn a_template_without_the_argument_is_not_refreshed() {
    let nodes = |template: &str| {
        let image = "image \"i\" { from base=\"b\"; tag \"x\"; template \"t\"; use \"git\" }";
        let outcome = run(&format!("{FRESH}{image}"), &[("f", ""), ("t", template)]);
        let faults: Vec<String> = outcome.faults.iter().map(|d| d.message.clone()).collect();
        (faults.join("; "), outcome.recipes[0].refreshed.len())
    };
    let every = "FROM {{from}}\n{{#each toolsets}}\n{{#if refresh}}\nARG {{refresh}}=0\n{{/if}}\n{{> kiln/packages}}\n{{/each}}\n";
    assert_eq!(nodes(every), (String::new(), 1));
    let none = "FROM {{from}}\n{{#each toolsets}}\n{{> kiln/packages}}\n{{/each}}\n";
    let why = "the `refresh` of tool set `git` has no effect: the template does not write its ARG";
    assert_eq!(nodes(none), (why.to_owned(), 0));
}

#[test]
fn needed_tool_sets_come_first() {
    let sets = "toolset \"a\" { needs \"b\" v=\"{v}\"; param \"v\" default=\"1\"; run \"a\" }\ntoolset \"b\" { param \"v\" default=\"9\"; needs \"c\"; run \"b{v}\" }\ntoolset \"c\" { run \"c\" }";
    assert_eq!(runs(sets, "use \"a\""), ["c", "b1", "a"]);
    assert_eq!(
        runs(sets, "use \"a\" v=\"2\"; use \"b\""),
        ["c", "b2", "a", "b9"]
    );
    assert_eq!(
        runs(
            "toolset \"a\" { needs \"b\"; run \"a\" }\ntoolset \"b\" { param \"v\"; run \"b{v}\" }",
            "use \"a\"; use \"b\" v=\"3\""
        ),
        ["b3", "a"]
    );
    let above = "toolset \"a\" { needs \"b\"; run \"a\" }\ntoolset \"b\" { param \"v\"; run \"b{v}\" }\nimage \"p\" { from base=\"b\"; tag \"1\"; use \"b\" v=\"4\" }\nimage \"q\" { from image=\"p\"; tag \"1\"; use \"a\" }";
    let by_image = run_lines(&run(above, &[]));
    assert_eq!(by_image, [["RUN b4"], ["RUN a"]]);
}

#[test]
fn tool_sets_with_only_packages_come_first() {
    // Packages change least and come first.
    let plain = "toolset \"a\" { run \"a\" }\ntoolset \"p\" { package \"git\" }";
    let text = good(&run(
        &format!("{plain}\nimage \"i\" {{ from base=\"b\"; tag \"x\"; use \"a\"; use \"p\" }}"),
        &[],
    ));
    assert!(
        text.find("# Tool set p") < text.find("# Tool set a"),
        "{text}"
    );
}

#[test]
fn faults_of_needs() {
    let ring = "toolset \"a\" { needs \"b\" }\ntoolset \"b\" { needs \"c\" }\ntoolset \"c\" { needs \"a\" }";
    no_fleet(
        ring,
        "use \"a\"",
        "tool sets need each other: `a` needs `b` needs `c` needs `a`",
    );
    no_fleet(
        "toolset \"a\" { needs \"a\" }",
        "use \"a\"",
        "tool sets need each other: `a` needs `a`",
    );
    no_fleet(
        "toolset \"a\" { needs \"bb\" }\ntoolset \"b\" { run \"x\" }",
        "use \"a\"; use \"b\"",
        "no tool set `bb` is declared",
    );
    no_fleet(
        "toolset \"a\" { needs \"b\" x=\"1\" }\ntoolset \"b\" { run \"x\" }",
        "use \"a\"",
        "tool set `b` has no parameter `x`",
    );
    no_fleet(
        "toolset \"a\" { needs \"b\" }\ntoolset \"b\" { param \"v\"; run \"{v}\" }",
        "use \"a\"",
        "nothing sets its `v`",
    );
    no_fleet(
        "toolset \"a\" { needs \"b\" v=\"{w}\" }\ntoolset \"b\" { param \"v\"; run \"{v}\" }",
        "use \"a\"",
        "parameter `w` does not exist",
    );
}

#[test]
fn conflicts() {
    let sets = "toolset \"a\" { conflicts \"b\"; run \"a\" }\ntoolset \"b\" { run \"b\" }";
    no_fleet(
        sets,
        "use \"a\"; use \"b\"",
        "tool sets `b` and `a` cannot be in one image",
    );
    let inherited = "image \"p\" { from base=\"b\"; tag \"1\"; use \"b\" }\nimage \"q\" { from image=\"p\"; tag \"1\"; use \"a\" }";
    no_fleet(
        &format!("{sets}\n{inherited}"),
        "",
        "tool sets `b` and `a` cannot be in one image",
    );
}

#[test]
fn tool_sets_for_other_families() {
    no_fleet(
        "toolset \"a\" { families \"alpine\"; run \"a\" }",
        "use \"a\"",
        "tool set `a` is not for the family `debian`",
    );
    assert!(
        reported(&image_with(
            "toolset \"a\" { families \"alpine\"; run \"a\" }",
            "use \"a\"; family \"alpine\""
        ))
        .is_empty()
    );
}
