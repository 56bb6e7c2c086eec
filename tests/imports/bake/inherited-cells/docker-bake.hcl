target "base" {
  name = "base-${v}"
  matrix = { v = ["a", "b"] }
  args = { V = v }
  context = "base"
}
target "app" {
  inherits = ["base-b"]
  tags = ["acme/app:b"]
}
target "all" {
  name = "all-${v}"
  matrix = { v = ["a", "b"] }
  inherits = ["base-${v}"]
  target = "all"
  tags = ["acme/all:${v}"]
}
