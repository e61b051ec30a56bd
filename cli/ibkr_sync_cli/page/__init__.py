"""All that is stored as one page of HTML with drawings, which runs no script and loads nothing."""
