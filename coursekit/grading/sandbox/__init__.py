"""Where students' code runs: apart, limited, and watched from outside. See docs/security_model.md."""
