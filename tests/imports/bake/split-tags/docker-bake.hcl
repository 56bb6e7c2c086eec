variable "TAGS" {
  default = "latest"
}

variable "LIST" {
  default = ["1.2", "1.3"]
}

variable "ROWS" {
  default = [
    { version = "22", code = "jod" },
    { version = "24", code = "krypton" },
  ]
}

# One tag or several, for each version.
target "app" {
  name   = "app-${replace(v, ".", "-")}"
  matrix = { v = LIST }
  args   = { V = v, CONTEXT = BAKE_CMD_CONTEXT }
  tags   = [for t in split(",", TAGS) : "acme/app:${v}-${trimspace(t)}"]
}

target "codes" {
  args = {
    VERSIONS = join(" ", ROWS[*].version)
    LIST     = join(" ", LIST.*)
  }
  tags = concat(formatlist("acme/codes:%s", ROWS[*].code), [for r in ROWS : "acme/codes:${r.version}" if r.code != "jod"])
}

group "default" {
  targets = ["app", "codes"]
}
