"""The pages of the Challenge: everybody's, the nominee's, the jury's and the bureau's."""
