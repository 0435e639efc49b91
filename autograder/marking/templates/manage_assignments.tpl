{%- extends 'nbgrader/manage_assignments.tpl' -%}

{%- block messages -%}
<div class="alert alert-info">
  제출물을 모으고 채점하는 일은 터미널에서 해요: <code>python3 course.py grade</code>. 여기서는 레슨마다 제출물의 수를 누르면 점수를, 왼쪽의 <b>손으로 채점</b>에서 답을 하나씩 볼 수 있어요.
  서술형은 <code>python3 course.py mark</code>로 열면 같은 답끼리 모아 빨리 채점해요. 점수는 같은 성적부에 있어요.
</div>
{%- endblock -%}

{%- block table_footer -%}
{%- endblock -%}
