# Lists the commands
@_default:
    just --list --unsorted

# Formats the Rust code (`--check` only tells)
fmt *ARGS:
    cargo fmt --all {{ ARGS }}

# Lints all Rust code, tests and features included
lint:
    cargo clippy --workspace --all-targets --all-features --keep-going -- -D warnings

# Runs the tests of the broker and of the sandbox
test:
    cargo test
    cargo test --package sandbox

# Runs the broker against Moto; needs Docker
integration:
    cargo test --features integration --test moto

# Tries the broker on this machine (`just sandbox --help`)
sandbox *ARGS:
    cargo run --package sandbox -- {{ ARGS }}

# Builds the documentation of the code, private items too, in target/doc
docs $RUSTDOCFLAGS="-D warnings":
    cargo doc --workspace --all-features --no-deps --document-private-items

# Checks the Terraform module and its examples
terraform:
    terraform/tests/run

# What to run before a commit
check: (fmt "--check") lint test docs
