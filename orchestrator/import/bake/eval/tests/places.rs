//! Expressions with variables: which placeholders are left, and what is not known.

use super::x;
use crate::import::bake::place::How;

/// The variables of these rows.
const VARIABLES: &str = r#"
variable "V" { default = "1.2" }
variable "REG" { default = "ghcr.io/acme" }
variable "UPPER" { default = "Acme" }
variable "EMPTY" {}
variable "NONE" { default = null }
variable "PORT" {
  type = number
  default = 8080
}
variable "LIST" { default = ["a", "b"] }
variable "MADE" { default = "${V}-slim" }
function "tag" {
  params = [name]
  result = ["${REG}/${name}:${V}"]
}
function "all" {
  params = [first]
  variadic_params = rest
  result = join("+", concat([first], rest))
}
target "t" {
  context = "./t"
  tags = ["acme/t:${V}"]
}
"#;

/// What else is evaluated: the expression, its text, its pattern, and the variables that it does not follow.
pub(super) const OTHER: &[(&str, &str, &str, &str)] = &[
    ("", r#""a:${V}""#, "a:1.2", "a:{var:V}"),
    (
        "",
        r#"join("/", [REG, "x{y}"])"#,
        "ghcr.io/acme/x{y}",
        "{var:REG}/x{{y}}",
    ),
    (
        "",
        r#"format("%s:%s-%d", REG, V, PORT)"#,
        "ghcr.io/acme:1.2-8080",
        "{var:REG}:{var:V}-{var:PORT}",
    ),
    (
        "",
        r#"format("${REG}/a:%s", V)"#,
        "ghcr.io/acme/a:1.2",
        "{var:REG}/a:{var:V}",
    ),
    (
        "",
        r#"formatlist("%s:${V}", ["a"])[0]"#,
        "a:1.2",
        "a:{var:V}",
    ),
    (
        "",
        "tag(\"a\")[0]",
        "ghcr.io/acme/a:1.2",
        "{var:REG}/a:{var:V}",
    ),
    ("", r#"all("x", V, "y")"#, "x+1.2+y", "x+{var:V}+y"),
    ("", r#"all([V, "y"]...)"#, "1.2+y", "{var:V}+y"),
    ("", r#"[for v in [V] : "${v}-x"][0]"#, "1.2-x", "{var:V}-x"),
    ("", r#"concat(["a"], [V])[1]"#, "1.2", "{var:V}"),
    ("", r#"flatten([[V]])[0]"#, "1.2", "{var:V}"),
    (
        "",
        r#"lower("${UPPER}/X")"#,
        "acme/x",
        "{var:UPPER:lower}/x",
    ),
    ("", r#"lookup({ a = V }, "a", "")"#, "1.2", "{var:V}"),
    ("", "MADE", "1.2-slim", "{var:MADE}"),
    ("", "target.t.tags[0]", "acme/t:1.2", "acme/t:{var:V}"),
    ("", "target.t.context", "./t", "./t"),
    ("", "tostring(PORT)", "8080", "{var:PORT}"),
    ("", r#"tonumber("5")"#, "5", "5"),
    ("", r#"tobool("true")"#, "true", "true"),
    ("", r#"tolist(["a"])[0]"#, "a", "a"),
    ("", r#"tomap({ a = "b" }).a"#, "b", "b"),
    ("", r#"toset(["b", "a", "b"])[0]"#, "a", "a"),
    (
        "",
        r#"timestamp()"#,
        "1970-01-01T00:00:00Z",
        "{now:%Y-%m-%dT%H:%M:%SZ}",
    ),
    (
        "",
        r#"formatdate("YYYY.MM.DD", timestamp())"#,
        "1970.01.01",
        "{now:%Y.%m.%d}",
    ),
    ("V", r#"upper("v${V}")"#, "V1.2", "V1.2"),
    ("V", r#"V == "1.2" ? "same" : "other""#, "same", "same"),
    (
        "V",
        r#"V == "1.2" ? "a-${V}" : "other""#,
        "a-1.2",
        "a-{var:V}",
    ),
    ("V", r#"split(".", V)[0]"#, "1", "1"),
    // One item of a list follows its variable.
    ("~V", r#"split(",", V)[0]"#, "1.2", "{var:V}"),
    (
        "~V",
        r#"join(" ", [for tag in split(",", V) : "a:${tag}"])"#,
        "a:1.2",
        "a:{var:V}",
    ),
    ("MADE", r#"split(",", "${MADE},b")[1]"#, "b", "b"),
    ("V", r#""%{ if V == "1.2" }yes%{ endif }""#, "yes", "yes"),
    ("V", r#"{ "1.2" = "x" }[V]"#, "x", "x"),
    ("EMPTY", r#"EMPTY != "" ? EMPTY : V"#, "1.2", "{var:V}"),
    ("NONE", r#"coalesce(NONE, V)"#, "1.2", "{var:V}"),
    ("NONE", r#"NONE == null ? "dev" : NONE"#, "dev", "dev"),
    ("PORT", r#"format("%06d", PORT)"#, "008080", "008080"),
    ("PORT", "PORT + 1", "8081", "8081"),
    (
        "~V",
        r#"regex_replace("${V}-x", "[^a-z0-9.-]", "-")"#,
        "1.2-x",
        "{var:V}-x",
    ),
    ("~V", r#"trimprefix(V, "v")"#, "1.2", "{var:V}"),
    ("V", r#"trimprefix(V, "1.")"#, "2", "2"),
    ("", r#"abs(-2)"#, "2", "2"),
    ("", "sum([1, 2])", "3", "3"),
    ("", r#"startswith("abc", "a")"#, "true", "true"),
    ("", r#"endswith("abc", "c")"#, "true", "true"),
    ("", r#"strrev("abc")"#, "cba", "cba"),
    ("", "log(8, 2)", "3", "3"),
    ("", "hasindex([1], 0)", "true", "true"),
];

#[test]
fn variables_stay_in_what_is_only_inserted() {
    for (decided, expression, real, pattern) in OTHER {
        let (found, names) = x(&format!("{VARIABLES}x = {expression}\n"));
        let text = found.map(|value| value.text().map(|text| (text.real, text.pattern)));
        let wanted = ((*real).to_owned(), (*pattern).to_owned());
        assert_eq!(text, Ok(Some(wanted)), "{expression}");
        let names = names.into_iter().map(|(how, name)| match how {
            How::Fixed => name,
            How::Unedited => format!("~{name}"),
        });
        assert_eq!(
            names.collect::<Vec<_>>().join(" "),
            *decided,
            "{expression}"
        );
    }
}

/// What is not known is not written out as if it were.
#[test]
fn unknown_values_stay_unknown() {
    let check = |expression: &str, why: &str| {
        let (found, _) = x(&format!("{VARIABLES}x = {expression}\n"));
        let found = found.map(|value| value.unknown_part().map(str::to_owned));
        assert_eq!(found, Ok(Some(why.to_owned())), "{expression}");
    };
    check("uuidv4()", "kiln does not compute `uuidv4`");
    check(r#""a-${md5("x")}""#, "kiln does not compute `md5`");
    check(r#"["a", sha1("x")]"#, "kiln does not compute `sha1`");
    check(r#"try(sha1("x"), "y")"#, "kiln does not compute `sha1`");
    let time = "it depends on the time of the build";
    check(r#"upper(timestamp())"#, time);
    check(r#"replace(timestamp(), ":", "-")"#, time);
    check(r#"timeadd(timestamp(), "1h")"#, time);
    check(r#"timestamp() == "" ? "a" : "b""#, time);
    check(r#"substr(formatdate("YYYYMMDD", timestamp()), 0, 4)"#, time);
    // One item of a list does not affect the others.
    check(r#"concat(["a"], [nope])"#, "no variable `nope` is declared");
}
