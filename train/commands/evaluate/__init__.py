"""The commands of `kgtools evaluate`, a file each."""
