"""이 컴퓨터를 코스에 맞춰요: 진찰, Java, 글꼴, JupyterLab."""
