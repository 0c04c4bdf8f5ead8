"""Picture classifiers: any network or classical model on whole pictures of one side, trained on a prepared set."""
