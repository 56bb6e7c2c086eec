# Tags that the defaults of variables switch off.
variable "RELEASE" { default = "" }
variable "LATEST" { default = "false" }
variable "EXTRA" { default = "" }
target "app" {
  tags = [
    "acme/app:edge",
    RELEASE != "" ? "acme/app:${RELEASE}" : "",
    notequal("", RELEASE) ? "acme/app:stable" : "",
    equal(LATEST, "true") ? "acme/app:latest" : "",
  ]
}
target "b" {
  tags = concat(["acme/b:edge"], RELEASE == "" ? [] : ["acme/b:${RELEASE}"])
}
target "c" {
  tags = compact(["acme/c:edge", EXTRA != "" ? "acme/c:${EXTRA}" : null, and(LATEST, true) ? "acme/c:latest": ""])
}
target "d" {
  tags = [for t in ["edge", EXTRA] : "acme/d:${t}" if t != ""]
}
