variable "REPO" { default = "acme/runner" }

variable "SHARDS" {
  type    = number
  default = 3
}

variable "FIRST" { default = "22" }

function "series" {
  params = [from, n]
  result = [for i in range(n) : format("%02d", int(from) + i)]
}

group "default" {
  targets = ["runner", "shard"]
}

target "runner" {
  name = "runner-${v}"
  matrix = {
    v = series(FIRST, 3)
  }
  context = "runner"
  args    = { NODE_VERSION = v }
  tags    = ["${REPO}:node${v}", format("%s:%s-%03d", REPO, v, length(split("", v)))]
}

target "shard" {
  name = "shard-${i}"
  matrix = {
    i = range(1, SHARDS + 1)
  }
  context = "shard"
  args = {
    SHARD = i
    OF    = SHARDS
  }
  tags = [format("%s-shard:%02d-of-%02d", REPO, i, SHARDS)]
}
