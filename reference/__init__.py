"""논문 "Attention Is All You Need"의 Transformer 전체예요. 개념 하나가 파일 하나이고, 읽는 순서는 README.md에 있어요."""
