# Lists the commands
@_default:
    just --list --unsorted

# Formats the Rust code (`--check` only reports)
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
    cargo test --features integration --test it moto

# Tries the broker on this machine (`just sandbox --help`)
sandbox *ARGS:
    cargo run --package sandbox -- {{ ARGS }}

# Measures the release binary (`just bench --against OTHER`, `just bench --help`)
bench *ARGS:
    cargo run --package sandbox --release -- bench {{ ARGS }}

# Measures how cost grows, and what happens when SSM throttles
growth *ARGS:
    cargo run --package sandbox --release -- growth {{ ARGS }}

# Compares what repeats exactly (sizes, crates, connections, system calls) with .ci/limits.json
limits *ARGS:
    cargo run --package sandbox -- limits {{ ARGS }}

# Builds the documentation of the code, private items too, in target/doc
docs $RUSTDOCFLAGS="-D warnings":
    cargo doc --workspace --all-features --no-deps --document-private-items

# Checks the Terraform module and its examples
terraform:
    terraform/tests/run

# What to run before a commit
check: (fmt "--check") lint test docs

# Builds the release's zips in dist/ (`just build arm64`: only that one)
build *ARCHITECTURES:
    .github/scripts/build {{ ARCHITECTURES }}

# Builds a zip again in other surroundings, and compares
reproduce ARCHITECTURE="x86_64":
    .github/scripts/reproduce {{ ARCHITECTURE }}

# Runs the end-to-end tests against a zip in dist/ (`just test-zip arm64 mint`: only those of mint)
test-zip ARCHITECTURE *TESTS:
    .github/scripts/test-zip {{ ARCHITECTURE }} {{ TESTS }}

# Writes SBOMs and licences of the zips in dist/, beside them
inventory:
    .github/scripts/inventory dist "$(.github/scripts/build-tools)" dist/*.zip

# Checks the dependencies' licences, versions and sources (`just deny advisories` needs a network)
deny *CHECKS="licenses bans sources":
    cargo deny --workspace --locked check {{ CHECKS }}

# Checks that all places name the same version
versions:
    .github/scripts/check-versions
