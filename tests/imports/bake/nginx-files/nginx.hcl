group "default" {
  targets = ["mainline", "stable"]
}

group "release" {
  targets = ["default", "debug"]
}

group "debug" {
  targets = ["mainline-debug"]
}

target "base" {
  platforms = ["linux/amd64", "linux/arm64", "linux/s390x"]
}

target "mainline" {
  inherits = ["base"]
  context  = "mainline"
  args     = { NGINX_VERSION = MAINLINE }
  tags     = concat([for t in ladder(MAINLINE) : "${REPO}:${t}"], ["${REPO}:mainline", "${REPO}:latest"])
}

target "stable" {
  inherits = ["base"]
  context  = "stable"
  args     = { NGINX_VERSION = STABLE }
  tags     = concat([for t in slice(ladder(STABLE), 0, 2) : "${REPO}:${t}"], ["${REPO}:stable"])
}

target "mainline-debug" {
  inherits = ["mainline"]
  args     = { NGINX_DEBUG = "1" }
  tags     = ["${REPO}:${MAINLINE}-debug"]
}
