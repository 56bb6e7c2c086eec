# Two registries, and lists of tags of different lengths.
variable "REG_A" {
  default = "docker.io/acme"
}

variable "REG_B" {
  default = "ghcr.io/acme"
}

target "go" {
  name   = "go-${replace(v, ".", "-")}"
  matrix = {
    v = ["1.26", "1.27"]
  }
  dockerfile = "go.Dockerfile"
  args       = { GO = v }
  tags = flatten([for r in [REG_A, REG_B] : concat(["${r}/go:${v}"], v == "1.27" ? ["${r}/go:latest"] : [])])
}

target "node" {
  name   = "node-${item.name}"
  matrix = {
    item = [
      { name = "lts", tags = ["24", "24.1", "lts"] },
      { name = "old", tags = ["22", "22.9"] },
      { name = "next", tags = ["25"] },
    ]
  }
  args = { LINE = item.name }
  tags = flatten([for r in [REG_A, REG_B] : [for t in item.tags : "${r}/node:${t}"]])
}

target "ruby" {
  name   = "ruby-${replace(v, ".", "-")}"
  matrix = {
    v = ["3.3", "3.4"]
  }
  dockerfile = "ruby.Dockerfile"
  args       = { RUBY = v }
  tags = [
    v == "3.4" ? "${REG_A}/ruby:latest" : "${REG_A}/ruby:3.3",
    v == "3.4" ? "${REG_A}/ruby:3.4" : "${REG_B}/ruby:3.3",
    v == "3.4" ? "${REG_B}/ruby:latest" : "",
    v == "3.4" ? "${REG_B}/ruby:3.4" : "",
  ]
}
