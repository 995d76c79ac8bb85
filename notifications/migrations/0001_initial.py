import django.db.models.functions.text
import common.prefixes
import common.keys
import common.names
import django.db.models.deletion
import django.utils.timezone
import notifications.kinds
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
            name='Message',
            fields=[
                ('id', models.UUIDField(default=common.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=notifications.kinds.kind_choices, max_length=30, verbose_name='kind')),
                ('channel', models.CharField(choices=[('email', "Email"), ('sms', 'Text message')], max_length=10, verbose_name='channel')),
                ('recipient', models.CharField(help_text="Email address or phone number.", max_length=254, verbose_name='to')),
                ('name', models.CharField(blank=True, max_length=200, verbose_name='name')),
                ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                ('subject_type', models.CharField(blank=True, editable=False, max_length=30)),
                ('subject_id', models.CharField(blank=True, editable=False, max_length=50)),
                ('dedupe_key', models.CharField(editable=False, max_length=400, unique=True)),
                ('payload', models.JSONField(blank=True, default=dict, editable=False)),
                ('subject', models.CharField(blank=True, max_length=300, verbose_name='subject')),
                ('text', models.TextField(blank=True, verbose_name='text')),
                ('html', models.TextField(blank=True, editable=False)),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Failed'), ('bounced', 'Bounced'), ('complained', 'Marked as spam'), ('cancelled', 'No longer needed'), ('suppressed', "Not sent: address refuses email"), ('not_sent', "Not sent: sending isn't set up")], default='waiting', max_length=10, verbose_name='status')),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, help_text="When the next attempt is made.", verbose_name='due')),
                ('claimed_until', models.DateTimeField(blank=True, editable=False, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ('last_error', models.CharField(blank=True, max_length=500, verbose_name="error")),
                ('provider_id', models.CharField(blank=True, max_length=300, verbose_name="provider's number")),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='written')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('delivered_at', models.DateTimeField(blank=True, null=True, verbose_name='delivered')),
                ('ended_at', models.DateTimeField(blank=True, help_text="When its final status was reached.", null=True, verbose_name='settled')),
                ('forget_at', models.DateTimeField(blank=True, editable=False, help_text='When its texts go; none: they are gone, or needed.', null=True)),
                ('resend_of', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='resends', to='notifications.message', verbose_name='sent again from')),
                ('resent_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='sent again by')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='messages', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('venue', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'ordering': ('-created_at', 'id'),
                'indexes': [models.Index(fields=['status', 'due_at'], name='message_due'), models.Index(fields=['status', 'claimed_until'], name='message_claimed'), models.Index(fields=['venue', 'created_at'], name='message_by_venue'), models.Index(fields=['subject_type', 'subject_id'], name='message_by_subject'), models.Index(fields=['provider_id'], name='message_by_provider'), models.Index(fields=['forget_at'], name='message_to_forget'), models.Index(condition=models.Q(('resend_of__isnull', False)), fields=['resend_of'], name='message_by_origin'), models.Index(condition=models.Q(('resent_by__isnull', False)), fields=['resent_by'], name='message_by_resender'), models.Index(fields=['recipient', 'ended_at'], name='message_by_recipient', opclasses=('varchar_pattern_ops', 'timestamptz_ops')), models.Index(common.prefixes.ByBeginning(django.db.models.functions.text.Lower('name')), name='message_by_name'), models.Index(common.prefixes.ByBeginning(django.db.models.functions.text.Lower(common.prefixes.LastWord(models.F('name')))), name='message_by_name_last'), models.Index(fields=['created_at', 'id'], name='message_by_age')],
                'constraints': [models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'sms'])), name='message_channel_known'), models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'sending', 'sent', 'failed', 'bounced', 'complained', 'cancelled', 'suppressed', 'not_sent'])), name='message_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'sending'), _negated=True), ('claimed_until__isnull', False), _connector='OR'), name='message_claim_has_an_end')],
            },
        ),
        migrations.CreateModel(
            name='MessageTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=notifications.kinds.kind_choices, max_length=30, verbose_name='kind')),
                ('channel', models.CharField(choices=[('email', "Email"), ('sms', 'Text message')], default='email', max_length=10, verbose_name='channel')),
                ('language', models.CharField(choices=[('en', 'English'), ('de', 'Deutsch')], default='en', max_length=10, verbose_name='language')),
                ('subject', models.CharField(blank=True, help_text="Leave empty for text messages.", max_length=200, validators=[common.names.check_name], verbose_name='subject')),
                ('text', models.TextField(max_length=20000, verbose_name='text')),
                ('html', models.TextField(blank=True, help_text="Leave empty to use the text in the standard layout.", max_length=20000, verbose_name='HTML')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('venue', models.ForeignKey(blank=True, db_index=False, help_text="Leave empty for all venues without one of their own.", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='message_templates', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'message template',
                'verbose_name_plural': 'message templates',
                'ordering': ('kind', 'channel', 'language', 'id'),
                'constraints': [models.UniqueConstraint(fields=('venue', 'kind', 'channel', 'language'), name='template_once_per_venue'), models.UniqueConstraint(condition=models.Q(('venue__isnull', True)), fields=('kind', 'channel', 'language'), name='template_once_for_all')],
            },
        ),
        KeepAs('Message', QUEUE),
    ]
