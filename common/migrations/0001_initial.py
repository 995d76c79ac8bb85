import common.keys
import django.db.models.deletion
import uuid
from common.postgres.storage import QUEUE, KeepAs
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('resources', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SweepFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job', models.CharField(max_length=100)),
                ('key', models.CharField(help_text="The row's id.", max_length=100)),
                ('attempts', models.PositiveIntegerField()),
                ('retry_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['retry_at'], name='sweep_failure_by_age')],
                'constraints': [models.UniqueConstraint(fields=('job', 'key'), name='sweep_failure_once')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=common.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('scopes', models.JSONField(help_text='Of the API key it came with; null: all rights.', null=True)),
                ('origin', models.CharField(help_text='Scheme and host the request was sent to.', max_length=300)),
                ('path', models.CharField(max_length=300)),
                ('body', models.TextField(help_text='Sealed: it may hold personal data.')),
                ('status', models.CharField(choices=[('queued', 'Waiting'), ('running', "In progress"), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('answer_status', models.PositiveSmallIntegerField(null=True)),
                ('answer', models.TextField(blank=True, help_text='Sealed.')),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'job',
                'verbose_name_plural': 'jobs',
                'ordering': ('-created_at', 'id'),
                'indexes': [models.Index(fields=['status', 'claimed_until'], name='job_by_state')],
            },
        ),
        migrations.CreateModel(
            name='StoredAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(help_text='Whose key, and for what: see ``scope_of``.', max_length=100)),
                ('key', models.CharField(max_length=200)),
                ('fingerprint', models.CharField(help_text='SHA-256 of what was asked.', max_length=64)),
                ('subject_id', models.CharField(blank=True, help_text='What was made.', max_length=40)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('headers', models.JSONField(default=dict)),
                ('body', models.TextField(blank=True, help_text="Sealed: an answer may hold a guest's secret.")),
                ('created_at', models.DateTimeField()),
                ('venue', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='resources.venue')),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='stored_answer_by_age')],
                'constraints': [models.UniqueConstraint(fields=('scope', 'key'), name='stored_answer_once')],
            },
        ),
        migrations.CreateModel(
            name='StoredFile',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(help_text='As an app has registered it.', max_length=50)),
                ('subject_id', models.CharField(help_text="Key of the app's row.", max_length=100)),
                ('name', models.CharField(max_length=200)),
                ('media_type', models.CharField(max_length=100)),
                ('size', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('stored_as', models.CharField(help_text='Random name in the storage.', max_length=80, unique=True)),
                ('created_at', models.DateTimeField()),
                ('user', models.ForeignKey(help_text='Who sent it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('venue', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='resources.venue')),
            ],
            options={
                'ordering': ('created_at', 'id'),
                'indexes': [models.Index(fields=['venue', 'kind', 'subject_id'], name='stored_file_by_subject')],
            },
        ),
        KeepAs('StoredAnswer', QUEUE),
    ]
