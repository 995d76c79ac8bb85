import common.keys
import common.names
import django.db.models.deletion
import uuid
import webhooks.models
from common.postgres.storage import QUEUE, KeepAs
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('resources', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('preset', models.CharField(choices=[('generic', 'Events, signed'), ('crm', 'Customers and bookings for a CRM'), ('email_service', "Confirmations for an email service"), ('notification_service', 'News of bookings for staff')], default='generic', max_length=30, verbose_name='form')),
                ('url', models.URLField(max_length=1000, verbose_name='address')),
                ('description', models.CharField(blank=True, max_length=200, validators=[common.names.check_name], verbose_name='description')),
                ('events', models.JSONField(default=webhooks.models.everything, help_text='Names of events in a list, or ["*"] for all.', verbose_name='events')),
                ('secret', models.TextField(blank=True, editable=False, help_text='Sealed.', verbose_name='secret')),
                ('old_secret', models.TextField(blank=True, editable=False, help_text='Sealed; valid while rotating.')),
                ('old_secret_until', models.DateTimeField(editable=False, null=True)),
                ('bearer_token', models.TextField(blank=True, editable=False, help_text='Sealed.')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('failing_since', models.DateTimeField(editable=False, null=True, verbose_name='failing since')),
                ('paused_until', models.DateTimeField(editable=False, help_text='No answer at all: spared so long.', null=True)),
                ('disabled_reason', models.CharField(blank=True, editable=False, max_length=200, verbose_name="reason it is off")),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('venue', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='webhook_endpoints', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'webhook',
                'verbose_name_plural': 'webhooks',
                'ordering': ('created_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('preset__in', ['generic', 'crm', 'email_service', 'notification_service'])), name='webhook_preset_known'), models.UniqueConstraint(condition=models.Q(('venue__isnull', True)), fields=('preset',), name='webhook_one_per_preset_of_all')],
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.UUIDField(default=common.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('event', models.CharField(max_length=50, verbose_name='event')),
                ('source', models.CharField(help_text='What it tells of; once per endpoint.', max_length=120)),
                ('payload', models.JSONField(verbose_name='sent')),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('sent', 'Delivered'), ('failed', 'Given up')], default='waiting', max_length=10, verbose_name='status')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True, verbose_name='next attempt')),
                ('claimed_until', models.DateTimeField(editable=False, null=True)),
                ('response_status', models.PositiveIntegerField(null=True, verbose_name='answer')),
                ('response_excerpt', models.CharField(blank=True, max_length=500, verbose_name='beginning of the answer')),
                ('error', models.CharField(blank=True, max_length=500, verbose_name='error')),
                ('duration_ms', models.PositiveIntegerField(null=True, verbose_name='milliseconds')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('delivered_at', models.DateTimeField(null=True, verbose_name='delivered')),
                ('venue', models.ForeignKey(db_index=False, editable=False, help_text='Where it happened; a test of an endpoint of the installation: nowhere.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='resources.venue')),
                ('endpoint', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='webhooks.webhookendpoint', verbose_name='webhook')),
            ],
            options={
                'verbose_name': 'webhook delivery',
                'verbose_name_plural': 'webhook deliveries',
                'ordering': ('-created_at', 'id'),
                'indexes': [models.Index(fields=['endpoint', '-created_at'], name='webhook_delivery_log'), models.Index(condition=models.Q(('status__in', ['waiting', 'sending'])), fields=['next_attempt_at'], name='webhook_delivery_due'), models.Index(fields=['created_at'], name='webhook_delivery_by_age')],
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'source'), name='webhook_delivery_once'), models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'sending', 'sent', 'failed'])), name='webhook_delivery_known')],
            },
        ),
        KeepAs('WebhookDelivery', QUEUE),
    ]
