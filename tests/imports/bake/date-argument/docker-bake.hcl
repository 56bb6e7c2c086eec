variable "BUILD_DATE" { default = timestamp() }
target "a" {
  args = { BUILD_DATE = BUILD_DATE, V = "1" }
  tags = ["acme/a:1"]
}
