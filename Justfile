# Lists the recipes
@_default:
    just --list --unsorted

# Formats the Rust code (`--check` only reports)
fmt *ARGS:
    cargo fmt --all {{ ARGS }}

# Lints all Rust code, including tests and all features
lint:
    cargo clippy --workspace --all-targets --all-features --keep-going -- -D warnings

# Runs the tests of the broker, the sandbox and the benchmark
test:
    cargo test
    cargo test --package sandbox --package bench

# Runs the broker with Moto; needs Docker
integration:
    cargo test --features integration --test it moto

# Runs the broker on this machine (`just sandbox --help`)
sandbox *ARGS:
    cargo run --package sandbox -- {{ ARGS }}

# Measures the release binary (`just bench --against OTHER`, `just bench --help`)
bench *ARGS:
    cargo run --package bench --release -- bench {{ ARGS }}

# Measures the growth of cost, and the effect of throttling by SSM
growth *ARGS:
    cargo run --package bench --release -- growth {{ ARGS }}

# Compares sizes, crates, connections, system calls and memory growth with .ci/limits.json
limits *ARGS:
    cargo run --package bench -- limits {{ ARGS }}

# Builds the documentation of the code, including private items, in target/doc
docs $RUSTDOCFLAGS="-D warnings":
    cargo doc --workspace --all-features --no-deps --document-private-items

# Checks the Terraform module and its examples
terraform: (terraform-fmt "-check" "-diff") (terraform-docs "--output-check") terraform-coverage terraform-urls terraform-download terraform-tflint terraform-checkov terraform-validate terraform-documents terraform-test terraform-state

# Formats the Terraform code (`-check` only reports)
terraform-fmt *ARGS:
    terraform fmt -recursive {{ ARGS }} terraform

# Writes the tables of inputs and outputs into the READMEs (`--output-check` only reports)
terraform-docs *ARGS:
    terraform-docs {{ ARGS }} terraform

# Checks that every rule and example has a test, and every input, output and example a description
terraform-coverage:
    terraform/tests/check-coverage

# Checks which URLs the module accepts
terraform-urls:
    terraform/tests/check-urls

# Tests the download of a release with a stand-in for gh
terraform-download:
    terraform/tests/check-download

# Lints the module, its submodule and the examples; `tflint --init --chdir=terraform` installs the AWS rules
terraform-tflint:
    tflint --chdir=terraform --recursive --config "{{ justfile_directory() }}/terraform/.tflint.hcl"

# Searches for insecure settings; a skipped check needs a reason
terraform-checkov:
    ! grep -rnE 'checkov:skip=[A-Z0-9_]+:? *$' terraform --include='*.tf'
    checkov --directory terraform --framework terraform --skip-path tests --skip-download --quiet --compact

# Validates the module and its examples with each of AWS_PROVIDER_VERSIONS, like the next three recipes
terraform-validate:
    terraform/tests/for-each-provider tests/check-validity

# Validates the Terraform code in the READMEs and in the book
terraform-documents:
    terraform/tests/for-each-provider tests/check-documents

# Runs the module's tests, which only plan
terraform-test:
    terraform/tests/for-each-provider tests/check-plans

# Applies upgrades, releases and examples; needs providers that contact nothing
terraform-state:
    terraform/tests/for-each-provider tests/check-state

# Validates and tests the module with OpenTofu (`tofu`) instead of Terraform
terraform-opentofu $OPENTOFU="yes":
    terraform/tests/for-each-provider tests/check-validity
    terraform/tests/for-each-provider tests/check-documents
    terraform/tests/for-each-provider tests/check-plans

# Runs the checks to run before a commit
check: (fmt "--check") lint test docs

# Runs the commands in the README and the book (`just commands README.md` runs only that page's)
commands *PAGES:
    cargo build --package github-token-broker --package sandbox
    "$CI_PYTHON" .ci/check-commands {{ PAGES }}

# Builds the release's zips in dist/ (`just build arm64` builds only that one)
build *ARCHITECTURES:
    .github/scripts/build {{ ARCHITECTURES }}

# Builds a zip again in another environment and compares both
reproduce ARCHITECTURE="x86_64":
    .github/scripts/reproduce {{ ARCHITECTURE }}

# Runs the end-to-end tests with a zip in dist/ (`just test-zip arm64 mint` runs only those with `mint` in their name)
test-zip ARCHITECTURE *TESTS:
    .github/scripts/test-zip {{ ARCHITECTURE }} {{ TESTS }}

# Writes the SBOMs and licences of the zips in dist/
inventory:
    "$(.github/scripts/build-tools)/bin/python" .github/scripts/inventory dist dist/*.zip

# Checks the dependencies' licences, versions and sources (`just deny advisories` needs a network)
deny *CHECKS="licenses bans sources":
    cargo deny --workspace --locked check {{ CHECKS }}

# Checks that all files have the same version and that release-please updates them
versions:
    .github/scripts/check-versions

# Lints the shell scripts
shell:
    git grep --untracked -lE '^#!.*[/ ](ba|da|k)?sh( |$)' -- ':!*.md' | xargs shellcheck

# Tests the scripts that the workflows call
scripts:
    .github/scripts/tests/run

# Lints the workflows
workflows:
    actionlint
    zizmor --offline --persona auditor .github
    "$CI_PYTHON" .ci/check-workflows

# Checks the links between the documents, including anchors
links:
    lychee --offline --include-fragments --no-progress --hidden --extensions md .

# Builds the book in target/book
book:
    .ci/build-book

# Checks the links in target/book and the links to the book in other files
book-links:
    .ci/check-book-links

# Opens every page of target/book in Chromium (`--screenshots FOLDER`; with a page's path, only that one)
book-pages *ARGS:
    .ci/check-book.mjs {{ ARGS }}

# Checks the zips in dist/, and runs the end-to-end tests with the x86_64 one
zips: && (test-zip "x86_64")
    .ci/check-zips dist

# Validates the SBOMs in dist/
sboms:
    "$CI_PYTHON" .ci/check-sboms dist/*.spdx.json dist/*.cdx.json
