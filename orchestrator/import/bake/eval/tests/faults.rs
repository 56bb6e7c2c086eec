//! What cannot be evaluated, and what would be too large.

use super::*;

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

/// bake has more digits: what kiln cannot compute has not failed.
#[test]
fn digits() {
    for text in ["try(2/5, 1)", "can(1.1 * 3)", "try(divide(1, 3), \"x\")"] {
        let (found, _) = x(&format!("x = {text}"));
        let why = found.map(|value| value.real()).expect_err(text);
        assert!(why.contains("bake has more digits"), "{text}: {why}");
    }
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
