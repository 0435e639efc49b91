{%- extends 'nbgrader/manage_submissions.tpl' -%}

{%- block messages -%}
<div class="alert alert-info">
  모두 한 번에 채점하려면 터미널에서 <code>python3 course.py grade --lesson {{ assignment_id }}</code>를 실행해요. 아래의 단추는 그 사람의 제출물 하나만 다시 채점해요. 점수는 어느 쪽이든 같아요.
</div>
{%- endblock -%}
