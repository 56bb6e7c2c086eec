//! What expressions evaluate to, and which placeholders are left in the result. The results without placeholders are
//! those of `docker buildx bake --print`, 0.29.

use super::*;
use crate::import::Input;
use crate::import::bake::place::How;
use crate::import::bake::read;
use crate::text::Sources;

fn blocks(text: &str) -> Vec<Block> {
    let mut sources = Sources::default();
    let source = sources.add("docker-bake.hcl", text);
    let name = "docker-bake";
    read::read(Input { source, text, name }).expect("valid HCL")
}

/// Evaluates the variable `x` of a file.
fn x(text: &str) -> (Result<Value, String>, Decisions) {
    let blocks = blocks(text);
    let mut evaluator = Evaluator::new(&blocks, StandIns::new());
    let setting = blocks
        .iter()
        .rev()
        .find(|block| block.label.as_str() == "x");
    let setting = setting
        .and_then(|block| block.get("default"))
        .expect("a variable x");
    let none = Values::new();
    let value = evaluator.setting(&setting.value, &Local::new(&none));
    (value, evaluator.decided())
}

/// Expressions with their values as texts.
const EXPRESSIONS: &[(&str, &str)] = &[
    (r#"lower("AbC")"#, "abc"),
    (r#"upper("AbC")"#, "ABC"),
    (
        r#"title("hello big-world o'neil")"#,
        "Hello Big-World O'Neil",
    ),
    (r#"trimspace("  a ")"#, "a"),
    (r#"trim("--a-b--", "-")"#, "a-b"),
    (r#"trimprefix("v1.2", "v")"#, "1.2"),
    (r#"trimsuffix("1.2-rc", "-rc")"#, "1.2"),
    (r#"replace("1.27.3", ".", "-")"#, "1-27-3"),
    (r#"regex_replace("1.27.3", "\\.[0-9]+$", "")"#, "1.27"),
    (
        r#"regex_replace("feature/a_b", "[^a-z]+", "-")"#,
        "feature-a-b",
    ),
    (r#"regex_replace("a1b2", "([a-z])([0-9])", "$2$1")"#, "1a2b"),
    (r#"regex("^v?(\\d+)\\.(\\d+)", "v1.27")[1]"#, "27"),
    (r#"regex("[0-9]+", "a12b")"#, "12"),
    (
        r#"regex("(?P<major>\\d+)\\.(?P<minor>\\d+)", "3.14").minor"#,
        "14",
    ),
    (r#"length(regexall("[a-z]", "a1b2c"))"#, "3"),
    (r#"can(regex("^x", "abc"))"#, "false"),
    (r#"try(regex("^x", "abc"), "none")"#, "none"),
    (r#"try([1, 2][5], "none")"#, "none"),
    (r#"join(".", slice(split(".", "1.27.3"), 0, 2))"#, "1.27"),
    (r#"join(",", distinct(["a", "b", "a"]))"#, "a,b"),
    (r#"join(",", flatten([["a"], [["b", "c"]], []]))"#, "a,b,c"),
    (r#"join(",", compact(["a", "", "b"]))"#, "a,b"),
    (r#"join(",", concat(["a"], ["b"]))"#, "a,b"),
    (r#"join(",", ["a"], ["b", "c"])"#, "a,b,c"),
    (r#"join(",", reverselist(["a", "b"]))"#, "b,a"),
    (r#"join(",", sort(["b", "a", "C"]))"#, "C,a,b"),
    (
        r#"join(";", [for c in chunklist(["a", "b", "c"], 2) : join(",", c)])"#,
        "a,b;c",
    ),
    (r#"join(",", keys({ b = 1, a = 2 }))"#, "a,b"),
    (r#"join(",", values({ b = 1, a = 2 }))"#, "2,1"),
    (
        r#"join(",", [for k, v in { b = "x", a = "y" } : "${k}${v}"])"#,
        "ay,bx",
    ),
    (
        r#"join(",", [for i, v in ["x", "y"] : "${i}${v}"])"#,
        "0x,1y",
    ),
    (
        r#"join(",", [for v in ["x", "", "y"] : v if v != ""])"#,
        "x,y",
    ),
    (r#"{ for v in ["x", "y"] : v => upper(v) }.y"#, "Y"),
    (
        r#"join(",", { for v in ["ab", "ac", "b"] : substr(v, 0, 1) => v... }.a)"#,
        "ab,ac",
    ),
    (r#"lookup({ a = "1" }, "b", "2")"#, "2"),
    (r#"lookup({ a = "1" }, "a", "2")"#, "1"),
    (r#"merge({ a = "1", b = "1" }, { b = "2" }).b"#, "2"),
    (r#"zipmap(["a", "b"], ["1", "2"]).b"#, "2"),
    (r#"element(["a", "b", "c"], 4)"#, "b"),
    (r#"index(["a", "b"], 1)"#, "b"),
    (r#"indexof(["a", "b"], "b")"#, "1"),
    (r#"contains(["a", "b"], "b")"#, "true"),
    (r#"length(["a", "b"])"#, "2"),
    (r#"coalesce(null, "", "b")"#, ""),
    (r#"join(",", coalescelist([], ["a"]))"#, "a"),
    (
        r#"join(",", [for p in setproduct(["a", "b"], ["1", "2"]) : join("", p)])"#,
        "a1,a2,b1,b2",
    ),
    (r#"join(",", setunion(["b", "a"], ["c", "a"]))"#, "a,b,c"),
    (r#"join(",", setintersection(["b", "a"], ["c", "a"]))"#, "a"),
    (r#"join(",", setsubtract(["b", "a"], ["a"]))"#, "b"),
    (
        r#"join(",", setsymmetricdifference(["b", "a"], ["c", "a"]))"#,
        "b,c",
    ),
    (r#"sethaselement(["a"], "a")"#, "true"),
    (r#"join(",", range(3))"#, "0,1,2"),
    (r#"join(",", range(1, 4))"#, "1,2,3"),
    (r#"join(",", range(0, 10, 4))"#, "0,4,8"),
    (r#"join(",", range(3, 0))"#, "3,2,1"),
    (r#"format("%s-%d-%v", "a", 5, true)"#, "a-5-true"),
    (r#"format("%02d.%03d", 5, 7)"#, "05.007"),
    (r#"format("%5s|%-5s|", "a", "b")"#, "    a|b    |"),
    (r#"format("%q %%", "a\"b")"#, r#""a\"b" %"#),
    (r#"format("%t", true)"#, "true"),
    (
        r#"format("%.2f %e %x %X %o %b", 3.14159, 1500, 255, 255, 8, 5)"#,
        "3.14 1.500000e+03 ff FF 10 101",
    ),
    (r#"format("%[2]s %[1]s", "a", "b")"#, "b a"),
    (r#"format("%v", ["a", 1])"#, r#"["a",1]"#),
    (r#"format("%+d", 4)"#, "+4"),
    (r#"format("%#v", "x")"#, r#""x""#),
    (
        r#"join(",", formatlist("%s/a:%s", ["r1", "r2"], "1"))"#,
        "r1/a:1,r2/a:1",
    ),
    (
        r#"join(",", formatlist("%s:%s", ["a", "b"], ["1", "2"]))"#,
        "a:1,b:2",
    ),
    (r#"substr("hello", 1, 3)"#, "ell"),
    (r#"substr("hello", -3, -1)"#, "llo"),
    (r#"substr("hello", 0, 0)"#, ""),
    (r#"strlen("héllo")"#, "5"),
    (r#"reverse("abc")"#, "cba"),
    (r#"chomp("a\n\n")"#, "a"),
    (r#"indent(2, "a\nb")"#, "a\n  b"),
    (r#"basename("/a/b.txt")"#, "b.txt"),
    (r#"dirname("/a/b.txt")"#, "/a"),
    (r#"dirname("b.txt")"#, "."),
    (r#"sanitize("a.b/c d")"#, "a_b_c_d"),
    ("add(1, 2)", "3"),
    ("subtract(1, 2)", "-1"),
    ("multiply(3, 4)", "12"),
    ("divide(1, 4)", "0.25"),
    ("modulo(7, 3)", "1"),
    ("negate(2)", "-2"),
    ("absolute(-3)", "3"),
    ("ceil(1.2)", "2"),
    ("floor(1.8)", "1"),
    ("int(1.8)", "1"),
    ("signum(-4)", "-1"),
    ("max(1, 5, 3)", "5"),
    ("min(4, 2)", "2"),
    ("pow(2, 10)", "1024"),
    (r#"parseint("ff", 16)"#, "255"),
    (r#"equal("a", "a")"#, "true"),
    (r#"notequal("a", "b")"#, "true"),
    ("greaterthan(2, 1)", "true"),
    ("greaterthanorequalto(1, 1)", "true"),
    ("lessthan(2, 1)", "false"),
    ("lessthanorequalto(1, 1)", "true"),
    ("and(true, false)", "false"),
    ("or(true, false)", "true"),
    ("not(true)", "false"),
    (r#"base64encode("abc")"#, "YWJj"),
    (r#"base64decode("YWJj")"#, "abc"),
    (r#"urlencode("a b/c?d")"#, "a+b%2Fc%3Fd"),
    (
        r#"sha256("abc")"#,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ),
    (
        r#"sha512("abc")"#,
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ),
    (
        r#"jsonencode({ b = [1, "<x>"], a = null })"#,
        r#"{"a":null,"b":[1,"\u003cx\u003e"]}"#,
    ),
    (r#"jsondecode("{\"a\": [1, {\"b\": \"c\"}]}").a[1].b"#, "c"),
    (r#"csvdecode("a,b\n1,2\n3,\"4,5\"")[1].b"#, "4,5"),
    (
        r#"formatdate("YYYY-MM-DD'T'hh:mm:ssZ", "2024-03-05T07:08:09Z")"#,
        "2024-03-05T07:08:09Z",
    ),
    (
        r#"formatdate("D MMM YY, EEEE EEE HH:mm AA aa H h M m s MMMM", "2024-03-05T17:08:09Z")"#,
        "5 Mar 24, Tuesday Tue 05:08 PM pm 5 17 3 8 9 March",
    ),
    (
        r#"formatdate("YYYYMMDD ZZZ ZZZZ ZZZZZ", "2024-03-05T07:08:09+02:00")"#,
        "20240305 +0200 +0200 +02:00",
    ),
    (
        r#"timeadd("2024-03-05T07:08:09Z", "1h30m")"#,
        "2024-03-05T08:38:09Z",
    ),
    (
        r#"timeadd("2024-03-05T07:08:09Z", "-24h")"#,
        "2024-03-04T07:08:09Z",
    ),
    (r#"convert("5", number) + 1"#, "6"),
    (r#""a${1 + 2}b""#, "a3b"),
    (r#""%{ if 1 == 1 }yes%{ else }no%{ endif }""#, "yes"),
    (r#""%{ for v in ["a", "b"] }<${v}>%{ endfor }""#, "<a><b>"),
    (r#""x %{~ if true ~} y %{~ endif ~} z""#, "xyz"),
    (r#"1 == 1 ? "a" : "b""#, "a"),
    (r#""1" == 1"#, "false"),
    ("!false && (1 < 2 || 2 < 1)", "true"),
    ("7 % 3 + 2 * 3 - 4 / 2", "5"),
    (r#"[{ a = "1" }, { a = "2" }][1].a"#, "2"),
    (r#"join(",", [{ a = "1" }, { a = "2" }][*].a)"#, "1,2"),
    (r#"join(",", [{ a = { b = "1" } }].*.a.b)"#, "1"),
    (r#"{ "x-y" = "1" }["x-y"]"#, "1"),
    (r#""$${x} %%{y}""#, "${x} %{y}"),
    ("1.50", "1.5"),
    ("1e3", "1000"),
    ("100000000000000000000", "100000000000000000000"),
    ("true", "true"),
    ("-5", "-5"),
];

#[test]
fn expressions() {
    for (expression, wanted) in EXPRESSIONS {
        let (found, _) = x(&format!("x = {expression}\n"));
        let found = found.map(|value| value.real());
        assert_eq!(found, Ok(Some((*wanted).to_owned())), "{expression}");
    }
}

/// Every function of the library is evaluated by a row above, or cannot be computed.
#[test]
fn every_function_has_a_row() {
    for name in super::super::function::names() {
        let call = format!("{name}(");
        let has = EXPRESSIONS
            .iter()
            .any(|(expression, _)| expression.contains(&call));
        let (found, _) = x(&format!("x = {name}()\n"));
        let blind = found.is_ok_and(|value| value.unknown_part().is_some());
        let other = OTHER
            .iter()
            .any(|(_, expression, _, _)| expression.contains(&call));
        assert!(has || blind || other, "`{name}` has no row");
    }
}

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
const OTHER: &[(&str, &str, &str, &str)] = &[
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
    ("", "MADE", "1.2-slim", "{var:V}-slim"),
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

#[test]
fn faults() {
    let check = |text: &str, why: &str| {
        let (found, _) = x(text);
        assert_eq!(
            found.map(|value| value.real()),
            Err(why.to_owned()),
            "{text}"
        );
    };
    check("x = nope", "no variable `nope` is declared");
    check(
        "x = uper(\"a\")",
        "no function `uper` exists: did you mean `upper`?",
    );
    check("x = upper()", "`upper` does not take 0 arguments");
    check(
        "x = upper([])",
        "`upper`: argument 1 is a list, not a string",
    );
    check(
        "x = 1 / 0",
        "it divides by zero, or its result is too large",
    );
    check("x = [1][3]", "a list of 1 items has no item 3");
    check("x = {}.a", "a map has no `a`");
    check("x = \"a${null}\"", "null cannot be inserted into a text");
    check("x = null ? 1 : 2", "a condition is null, not a boolean");
    check(
        "x = regex(\"(\", \"a\")",
        "`regex`: `(` is not a regular expression",
    );
    check(
        "x = range(100000)",
        "`range`: the range has more than 10000 items",
    );
    check(
        "x = format(\"%d\", \"a\")",
        "`format`: `%d` takes a number, not a string",
    );
    check("x = format(\"%s\")", "`format`: argument 2 is missing");
    check(
        "x = format(\"a\", 1)",
        "`format`: it has 1 arguments, and the format uses 0",
    );
    check(
        "x = format(\"%99999s\", 1)",
        "`format`: a field is wider than 1024",
    );
    check("a = b\nb = a\nx = a", "`a`, `b` depend on each other");
    check("a = a\nx = a", "`a` depends on itself");
    check(
        "function \"f\" {\n params = [a]\n result = f(a)\n}\nx = f(1)",
        "`f()` depends on itself",
    );
    check(
        "function \"f\" {\n params = [a]\n result = g(a)\n}\nfunction \"g\" {\n params = [a]\n result = f(a)\n}\nx = f(1)",
        "`f()`, `g()` depend on each other",
    );
    check(
        "function \"f\" {\n params = [a]\n result = a\n}\nx = f(1, 2)",
        "`f` takes 1 arguments, not 2",
    );
    check(
        "target \"t\" {\n args = { A = target.t.args }\n}\nx = target.t.args",
        "`target.t.args` depends on itself",
    );
    check("x = target.t.args", "no target `t` is declared");
}

/// Results of any size end at the budget, and `try` does not hide it.
#[test]
fn bombs() {
    let large = "its result is too large to be imported";
    let check = |text: &str| {
        let (found, _) = x(text);
        assert_eq!(
            found.map(|value| value.real()),
            Err(large.to_owned()),
            "{text}"
        );
    };
    let doubling: String = (1..60)
        .map(|n| format!("v{n} = \"${{v{}}}${{v{}}}\"\n", n - 1, n - 1))
        .collect();
    check(&format!("v0 = \"xxxxxxxx\"\n{doubling}x = v59"));
    check(&format!("v0 = \"xxxxxxxx\"\n{doubling}x = try(v59, 1)"));
    check("l = range(1000)\nx = [for a in l : [for b in l : \"${a}${b}\"]]");
    check("l = range(1000)\nx = length(setproduct(l, l))");
    check("a = format(\"%1000s\", \"a\")\nb = join(a, range(1000))\nx = replace(b, \"1\", b)");
    check("l = range(9000)\nx = distinct(l)");
    let lists = (1..40).map(|n| format!("l{n} = [l{}, l{}]\n", n - 1, n - 1));
    check(&format!(
        "l0 = [1]\n{}x = flatten(l39)",
        lists.collect::<String>()
    ));
}
