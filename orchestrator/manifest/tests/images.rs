//! Images: axes, cells, settings, tags, users and hooks.

use super::*;

#[test]
fn what_a_block_adds_is_said_once() {
    faulty_image(
        "ulimit \"nofile=1\" \"nproc=2\"; ulimit \"nofile=3\"",
        &["limit `nofile` appears twice @ \"nofile=3\""],
    );
    faulty_image(
        "extra-host \"a:10.0.0.1\"; extra-host \"a:10.0.0.1\"",
        &["a name with its address `a:10.0.0.1` appears twice @ \"a:10.0.0.1\""],
    );
    faulty_image(
        "expose 80; expose 81 80",
        &["a port `80` appears twice @ 80"],
    );
    faulty_image(
        "volume \"/a\"; volume \"/a\"",
        &["a path in the image `/a` appears twice @ \"/a\""],
    );
    faulty_image(
        "tag \"1\" on=\"schedule\"; tag \"1\"; tag \"1\" on=\"schedule\"",
        &["tag `1` is declared twice @ \"1\""],
    );
    faulty_image("must \"1\" \"1\"", &["tag `1` appears twice @ \"1\""]);
    faulty_image(
        "axis \"v\" { value \"1\" { alias \"1\" }; }",
        &["alias `1` is the name of its value @ \"1\""],
    );
    // The name is not a token of this value, except as an alias.
    image("axis \"v\" { value \"1\" token=\"one\" { alias \"1\" }; }");
    // One host may have several addresses.
    image("extra-host \"a:10.0.0.1\"; extra-host \"a:10.0.0.2\"");
}

#[test]
fn users() {
    let user = |text: &str| {
        let user = image(text).settings.config.user;
        user.expect("a user")
    };
    let circleci = user("user \"circleci\" uid=3434 gid=\"1\" home=\"/h\" shell=\"/bin/bash\"");
    assert_eq!(
        (
            circleci.name.as_str(),
            circleci.uid.as_deref().map(String::as_str),
            circleci.existing
        ),
        ("circleci", Some("3434"), false)
    );
    assert!(user("user \"node\" existing").existing);
}

#[test]
fn configurations() {
    let config = |text: &str| image(text).settings.config;
    let ports = config("expose 8080 \"53/udp\"; expose 1").expose;
    let ports: Vec<&str> = ports.iter().map(|port| port.as_str()).collect();
    assert_eq!(ports, ["8080", "53/udp", "1"]);
    assert_eq!(config("label a.b=\"1\"; label \"c\" \"2\"").labels.len(), 2);
    let entrypoint = config("entrypoint").entrypoint;
    assert!(entrypoint.expect("an entry point").is_empty());
    faulty_image(
        "label \"a\"; label; label a=\"1\"; label \"a\" \"2\"; workdir \"\"; cmd \"a\"; cmd \"b\"; expose; user; user \"a\" uid=1 id=2",
        &[
            "`label` needs a value after the name of the label @ label",
            "`label` needs a name and a value @ label",
            "`a` is set twice @ \"a\"",
            "`workdir` is empty @ \"\"",
            "`cmd` is declared twice @ cmd \"b\"",
            "`expose` needs a port @ expose",
            "`user` needs a name @ user",
            "unknown property `id` on `user` @ id",
        ],
    );
}

#[test]
fn checks() {
    let toolset =
        good("toolset \"a\" { check run=\"x\" contains=\"a\" \"b\" exit=1; check user=\"!root\" }")
            .toolsets
            .remove(0);
    assert_eq!(toolset.checks.len(), 2);
    assert_eq!(
        image("check size=\"<1GB\"\nwhen a=\"b\" { check file=\"/x\" absent }").whens[0]
            .settings
            .checks
            .len(),
        1
    );
    faulty_image(
        "check user=\"x\" exit=300 1",
        &[
            "`check` takes text here, not a number @ 1",
            "`exit` does not apply to the user @ 300",
        ],
    );
}

#[test]
fn axes_and_values() {
    let axes = image("axis \"node\" kind=\"version\" rungs=\"full\" \"minor none\" { value \"24.17.0\" token=\"24\" default shared { alias \"krypton\" \"lts\"; set build=\"1654\" os=\"linux\" } }").axes;
    let rungs: Vec<Rung> = axes[0].rungs.iter().map(|rung| rung.value).collect();
    assert_eq!(rungs, [Rung::Full, Rung::Minor, Rung::None]);
    let value = &axes[0].values[0];
    assert!(value.default.is_some() && value.shared.is_some());
    let aliases: Vec<&str> = value.aliases.iter().map(|alias| alias.as_str()).collect();
    assert_eq!(aliases, ["krypton", "lts"]);
    let data = value.data.iter();
    let data: Vec<String> = data
        .map(|(k, v)| format!("{}={}", k.value, v.value))
        .collect();
    assert_eq!(data, ["build=1654", "os=linux"]);
}

#[test]
fn default_is_a_flag_after_the_name_of_a_value() {
    for (value, default) in [
        ("value \"default\"", false),
        ("value \"b\" default", true),
        ("value \"b\" default=#true shared=#false", true),
    ] {
        let axes = image(&format!("axis \"a\" {{ {value} }}")).axes;
        assert_eq!(axes[0].values[0].default.is_some(), default, "{value}");
    }
}

#[test]
fn wrong_axes_and_values_are_reported() {
    faulty_image(
        "axis \"a\" rungs=\"full fulll full\" kind=\"semver\" { value \"x\"; value \"x\"; value 3.10; vlaue \"y\" }",
        &[
            "unknown value of `kind`: `semver` @ \"semver\"",
            "unknown rung: `fulll` @ fulll",
            "rung `full` is given twice @ full",
            "unknown node `vlaue` in `axis` @ vlaue",
            "`value` takes text here, not a number @ 3.10",
            "value `x` appears twice in axis `a` @ \"x\"",
        ],
    );
    faulty_image(
        "axis \"image\"; axis \"a.b\"; axis",
        &[
            "`image` is a reserved name @ \"image\"",
            "`a.b` cannot be the name of an axis @ \"a.b\"",
            "`axis` needs a name @ axis",
        ],
    );
    faulty_image(
        "axis \"a\"; axis \"a\"",
        &["axis `a` is declared twice @ \"a\""],
    );
    faulty_image(
        "axis \"a\" { value \"x\" defualt { set; alias; set b=\"1\" b=\"2\" } }",
        &[
            "`value` takes no further arguments @ defualt",
            "`set` needs a name and a value @ set",
            "`alias` needs a text @ alias",
            "`b` is given twice @ b",
        ],
    );
}

#[test]
fn whens_and_cells() {
    let image = image(
        "when version=\">=3.8\" variant=\"node\" \"!x\" { token variant=\"\"; default variant=\"y\" }\nexclude version=\"1.*\" variant=\"a\" \"b\"\ninclude version=\"2\"",
    );
    let patterns = |one: &Match| {
        format!(
            "{}={}",
            one.axis.value,
            one.patterns
                .iter()
                .map(|p| p.value.as_str())
                .collect::<Vec<_>>()
                .join("|")
        )
    };
    assert_eq!(
        image.whens[0]
            .matches
            .iter()
            .map(patterns)
            .collect::<Vec<_>>(),
        ["version=>=3.8", "variant=node|!x"]
    );
    let on_variables = self::image("when var:A-b=\"!\" \"x\" k=\"y\" var:C=\"\" { arg A=\"1\" }");
    let variables = on_variables.whens[0].variables.iter();
    let written = variables.map(|one| {
        let patterns = one.patterns.iter().map(|pattern| pattern.value.as_str());
        (one.variable.value.as_str(), patterns.collect::<Vec<_>>())
    });
    assert_eq!(
        written.collect::<Vec<_>>(),
        [("A-b", vec!["!", "x"]), ("C", vec![""])]
    );
    assert_eq!(on_variables.whens[0].matches.len(), 1);
    assert_eq!(
        image.exclude[0]
            .cells
            .iter()
            .map(patterns)
            .collect::<Vec<_>>(),
        ["version=1.*", "variant=a|b"]
    );
    assert_eq!(
        (
            image.include.len(),
            image.whens[0].settings.tokens.len(),
            image.whens[0].settings.defaults.len()
        ),
        (1, 1, 1)
    );
    faulty_image(
        "when { tag \"x\" }",
        &["`when` needs an axis or a variable @ when"],
    );
    faulty_image(
        "when var:=\"a\" k=\"b\" { tag \"x\" }",
        &["`var:` names no variable @ var:"],
    );
    faulty_image(
        "when var:a=3 { tag \"x\" }",
        &["`when` takes text here, not a number @ 3"],
    );
    faulty_image(
        "when \"a\" b=\"c\" { tag \"x\" }",
        &["`when` takes no further arguments @ \"a\""],
    );
    faulty_image("when a=\"b\"", &["this `when` sets nothing @ when a=\"b\""]);
    faulty_image(
        "when a=\"b\" a=\"c\" d=\"\" { axis \"x\" }",
        &[
            "`a` is given twice @ a",
            "a pattern is empty @ \"\"",
            "unknown node `axis` in `when` @ axis",
        ],
    );
    faulty_image("exclude", &["`exclude` needs an axis @ exclude"]);
}

#[test]
fn settings() {
    let all = image("from image=\"go\" variant=\"plain\" x=\"y\"; dockerfile \"d/Dockerfile\"; context \"d\"; platforms \"linux/amd64\" \"linux/arm64\"; use \"t\" v=\"{version}\"; arg A=\"1\"; env B=\"2\"; path \"{v}\"; must \"latest\" \"1\"; publish \"x/y\"").settings;
    assert!(
        matches!(all.from.map(|from| from.value), Some(BasedOn::Image { image, cells }) if image.value == "go" && cells.len() == 2)
    );
    assert!(
        matches!(all.recipe, Some(RecipeDecl::Dockerfile(path)) if path.value == "d/Dockerfile")
    );
    assert_eq!(
        (
            all.platforms.map(|p| p.len()),
            all.uses.len(),
            all.args.len(),
            all.env.len()
        ),
        (Some(2), 1, 1, 1)
    );
    faulty_image(
        "from; from base=\"a\" image=\"b\"; from base=\"a\" variant=\"x\"; from base=\"b\"",
        &[
            "`from` needs `base` or `image` @ from",
            "`from` names a base and an image @ \"b\"",
            "unknown property `variant` on `from` @ variant",
            "`from` is declared twice @ from base=\"b\"",
        ],
    );
    faulty_image(
        "template \"a\"; dockerfile \"b\"; context \"/x\"; template \"a\\\\b\"",
        &[
            "`template` or `dockerfile` is declared twice @ dockerfile \"b\"",
            "the path is absolute: `/x` @ \"/x\"",
            "the path contains a backslash: `a\\b` @ \"a\\\\b\"",
            "`template` or `dockerfile` is declared twice @ template \"a\\\\b\"",
        ],
    );
    faulty_image(
        "platforms; platforms \"a\" \"a\"; use; arg; env A=\"1\"; env A=\"2\" B=3; default \"x\" \"y\"",
        &[
            "`platforms` needs a platform @ platforms",
            "platform `a` appears twice @ \"a\"",
            "`platforms` is declared twice @ platforms \"a\" \"a\"",
            "`use` needs a tool set @ use",
            "`arg` needs a name and a value @ arg",
            "`env` takes text here, not a number @ 3",
            "`A` is set twice @ A",
            "`default` needs a name and a value @ default",
            "`default` takes no further arguments @ \"y\"",
        ],
    );
    faulty_image(
        "arg VERSION=1.10; env DEBUG=#true; label a=1",
        &[
            "`arg` takes text here, not a number @ 1.10",
            "`env` takes text here, not a boolean @ #true",
            "`label` takes text here, not a number @ 1",
        ],
    );
    faulty(
        "image \"go\"\nimage \"go\"\nimage \"a/b\"\nimage",
        &[
            "image `go` is declared twice @ \"go\"",
            "`a/b` cannot be the name of an image @ \"a/b\"",
            "`image` needs a name @ image",
        ],
    );
}

#[test]
fn conditions_that_never_hold() {
    for (condition, help) in [
        ("tag:v[0-9]*", "never contains `[`"),
        ("tag:v?.?", "never contains `?`"),
        ("tag:/^v.*/", "does not begin or end with `/`"),
        ("branch:^main$", "never contains `^`"),
        ("branch:main ", "never contains a blank"),
        ("branch:a b", "never contains a blank"),
        ("branch:a..b", "never contains `..`"),
        ("tag:v{v}", "a condition has no placeholders"),
        ("branch:{image}", "a condition has no placeholders"),
        ("branch:refs/heads/main", "without `refs/`"),
        ("tag:refs/tags/v*", "without `refs/`"),
        ("branch:!main", "cannot be negated"),
        ("branch:a//b", "never contains `//`"),
        ("branch:.x*", "no part that begins with `.`"),
        ("tag:v/.x", "no part that begins with `.`"),
        ("branch:*.lock", "no part that ends with `.lock`"),
        ("branch:x.", "does not end with `.`"),
        ("tag:-x", "does not begin with `-`"),
        ("branch:@", "is never `@` alone"),
    ] {
        let text = format!("workspace \"x\"\nimage \"a\" {{ tag \"1\" on=\"{condition}\" }}");
        let (_, found, _) = read(&text);
        let messages: Vec<&str> = found.iter().map(|fault| fault.message.as_str()).collect();
        let expect = format!("`{condition}` never holds: ");
        let is_meant = |all: &[&str]| all[0].starts_with(&expect) && all[0].contains(help);
        assert!(
            messages.len() == 1 && is_meant(&messages),
            "{condition}: {messages:?}"
        );
    }
    for condition in [
        "tag:v*",
        "tag:*",
        "branch:feature/*",
        "branch:a-b_c.d+e",
        "tag:app/v1.2@x",
        "branch:Grün",
    ] {
        image(&format!("tag \"1\" on=\"{condition}\""));
    }
}

/// Kiln creates no user that the base has.
#[test]
fn words_of_a_user_that_exists() {
    faulty_image(
        "user \"nobody\" existing uid=65534 gid=7 home=\"/zzz\" shell=\"/bin/zz\"",
        &[
            "`gid` has no effect: kiln does not create a user that the base has @ 7",
            "`home` has no effect: kiln does not create a user that the base has @ \"/zzz\"",
            "`shell` has no effect: kiln does not create a user that the base has @ \"/bin/zz\"",
        ],
    );
    image("user \"root\" uid=0");
}

#[test]
fn tag_rules() {
    let tags =
        image("tag \"{v}\" rungs=\"full latest\" per=\"cell\" fixed on=\"branch:main\" \"schedule\"; tag \"x\" fixed=#true; tag \"\"")
            .settings
            .tags;
    assert_eq!(
        (
            tags[0].per,
            tags[0].fixed,
            tags[0].on.len(),
            tags[0].rungs.as_ref().map(Vec::len)
        ),
        (Some(Per::Cell), true, 2, Some(2))
    );
    assert!(tags[1].fixed && tags[1].rungs.is_none() && tags[1].on.is_empty());
    faulty_image(
        "tag; tag \"a\" per=\"row\" on=\"branch:\" \"nightly\" \"releas\" \"release\" \"release\"",
        &[
            "`tag` needs a pattern @ tag",
            "condition `release` appears twice @ \"release\"",
            "unknown condition: `branch:` @ \"branch:\"",
            "unknown condition: `nightly` @ \"nightly\"",
            "unknown condition: `releas` @ \"releas\"",
            "unknown value of `per`: `row` @ \"row\"",
        ],
    );
    faulty_image(
        "tag \"a\" fixd fixed=\"yes\"",
        &[
            "`tag` takes `#true` or `#false` here, not text @ \"yes\"",
            "`tag` takes no further arguments @ fixd",
        ],
    );
}

#[test]
fn last_days_of_values() {
    let axis =
        |until: &str| format!("image \"i\" {{ axis \"v\" {{ value \"a\" until=\"{until}\"; }}; }}");
    for wrong in [
        "tomorrow",
        "2026-02-30",
        "2026-1-1",
        "20261231",
        "2026-12-31T00:00",
    ] {
        let expect = format!("`{wrong}` is not a date @ \"{wrong}\"");
        faulty(&axis(wrong), &[&expect]);
    }
    good(&axis("2026-12-31"));
}

#[test]
fn secrets() {
    let settings = image("secret \"npm\" env=\"T\"; secret \"/root/.netrc\" file=\"a/b\"; ssh \"default\"; ssh \"x\" env=\"S\"").settings;
    let building = settings.building;
    assert_eq!(
        building.secrets.keys().collect::<Vec<_>>(),
        ["npm", "/root/.netrc"]
    );
    assert_eq!(building.agents.keys().collect::<Vec<_>>(), ["default", "x"]);
    faulty_image(
        "secret \"--help\" env=\"T\"; secret \"a\\nb\" env=\"T\"; secret \"\" env=\"T\"; ssh \"a,b\"; ssh",
        &[
            "`--help` cannot be the id of a secret @ \"--help\"",
            "`a\\nb` cannot be the id of a secret @ \"a\\nb\"",
            "`` cannot be the id of a secret @ \"\"",
            "`a,b` cannot be the id of an ssh agent @ \"a,b\"",
            "`ssh` needs an id @ ssh",
        ],
    );
    faulty_image(
        "secret \"a\"; secret \"b\" env=\"B\" file=\"b\"; secret \"c\" file=\"/etc/passwd\"; secret \"d\" env=\"\" target=\"/x\"",
        &[
            "`secret` needs `env` or `file` @ secret",
            "secret `b` has two sources @ \"b\"",
            "the path is absolute: `/etc/passwd` @ \"/etc/passwd\"",
            "`env` is empty @ \"\"",
            "unknown property `target` on `secret` @ target",
        ],
    );
    faulty_image(
        "secret \"a\" env=\"A\"; secret \"a\" env=\"B\"",
        &["`a` is set twice @ \"a\""],
    );
}

#[test]
fn hooks() {
    let all = image(
        "before-move run=\"scan {reference}\" name=\"s\" timeout=\"90s\"\nafter-move run=\"sign {digest}\"",
    );
    let hooks = all.settings.hooks.iter().map(|hook| {
        let name = hook.name.as_ref().map(|name| name.as_str());
        (
            hook.phase.word(),
            hook.run.as_str(),
            name,
            hook.within.as_secs(),
        )
    });
    let expected = [
        ("before-move", "scan {reference}", Some("s"), 90),
        ("after-move", "sign {digest}", None, 300),
    ];
    assert_eq!(hooks.collect::<Vec<_>>(), expected);
    for hook in [
        "before-move",
        "before-move name=\"scan\"",
        "before-move timeout=\"5m\"",
    ] {
        faulty_image(hook, &["`before-move` needs `run` @ before-move"]);
    }
    faulty_image(
        "before-move timeuot=\"5m\"",
        &[
            "`before-move` needs `run` @ before-move",
            "unknown property `timeuot` on `before-move` @ timeuot",
        ],
    );
    faulty_image(
        "before-move exec=\"scan\" name=\"s\"",
        &["unknown property `exec` on `before-move` @ exec"],
    );
    faulty_image(
        "after-move run=\" \"",
        &["the command of this hook is empty @ \" \""],
    );
    faulty_image(
        "after-move run=\"a\\u{0}b\"",
        &["a command cannot contain the character NUL @ \"a\\u{0}b\""],
    );
    for (timeout, why) in [
        ("5", "`5` is not a duration such as `500ms`, `30s` or `2m`"),
        ("0s", "a time limit must be longer than 0"),
        ("2h", "a time limit is one hour at most"),
    ] {
        let text = format!("after-move run=\"true\" timeout=\"{timeout}\"");
        faulty_image(&text, &[&format!("{why} @ \"{timeout}\"")]);
    }
    let long = format!("\"{}\"", "x".repeat(40_000));
    faulty_image(
        &format!("after-move run={long}"),
        &[&format!("this command is longer than 32 KiB @ {long}")],
    );
}

#[test]
fn a_shared_block_that_a_when_repeats_is_an_error() {
    let check = |image: &str, expect: &[&str]| {
        let shared = "settings \"web\" { expose 80 }";
        faulty(&format!("{shared}\nimage \"a\" {{ {image} }}"), expect);
    };
    let twice =
        "`settings \"web\"` has no effect here: all variants of the image have it @ \"web\"";
    check(
        "settings \"web\"; when v=\"1\" { settings \"web\" }",
        &[twice],
    );
    check("settings \"web\"; when v=\"1\" { expose 81 }", &[]);
    check(
        "when v=\"1\" { settings \"web\" }; when v=\"2\" { settings \"web\" }",
        &[],
    );
}
