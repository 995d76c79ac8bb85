import calendars.kinds
import common.clock
import common.names
import django.core.validators
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('reservations', '0001_initial'),
        ('resources', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExternalCalendar',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100, validators=[common.names.check_name], verbose_name='name')),
                ('sealed_url', models.TextField(editable=False, help_text='Encrypted: it may be a secret.', verbose_name='address')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('interval', models.PositiveSmallIntegerField(default=15, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(1440)], verbose_name="minutes between checks")),
                ('etag', models.CharField(blank=True, editable=False, max_length=500)),
                ('last_modified', models.CharField(blank=True, editable=False, max_length=100)),
                ('content_hash', models.CharField(blank=True, editable=False, max_length=64)),
                ('expanded_on', models.DateField(editable=False, help_text='Day (UTC) from which repeated events were last written out.', null=True)),
                ('last_fetched_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last checked")),
                ('last_success_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last parsed")),
                ('next_fetch_at', models.DateTimeField(default=common.clock.now, editable=False, verbose_name="next check")),
                ('claimed_until', models.DateTimeField(editable=False, help_text='A worker is at it, at the longest until then.', null=True)),
                ('failures', models.PositiveIntegerField(default=0, editable=False, verbose_name='failures in a row')),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500, verbose_name='last error')),
                ('problems', models.JSONField(default=list, editable=False, help_text='Of the last file: kinds of ``calendars.reports`` and names.')),
                ('read_until', models.DateTimeField(editable=False, help_text='Where a file with too many events was cut.', null=True)),
                ('created_at', models.DateTimeField(default=common.clock.now, editable=False, verbose_name='created')),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='external_calendars', to='resources.resource', verbose_name='resource')),
                ('venue', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'external calendar',
                'verbose_name_plural': 'external calendars',
                'ordering': ('name', 'id'),
                'indexes': [models.Index(fields=['venue', 'name'], name='external_calendar_by_venue'), models.Index(condition=models.Q(('is_active', True)), fields=['next_fetch_at'], name='external_calendar_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('interval__gte', 5), ('interval__lte', 1440)), name='external_calendar_interval')],
            },
        ),
        migrations.CreateModel(
            name='ExternalEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='starts')),
                ('ends_at', models.DateTimeField(verbose_name='ends')),
                ('uids', models.JSONField(default=list, verbose_name='identifiers')),
                ('summary', models.CharField(blank=True, max_length=200, verbose_name='title')),
                ('conflict', models.CharField(blank=True, help_text='Why this time is not blocked.', max_length=200, verbose_name='conflict')),
                ('calendar', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='calendars.externalcalendar', verbose_name='external calendar')),
                ('reservation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='external_events', to='reservations.reservation', verbose_name='block')),
                ('venue', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'external event',
                'verbose_name_plural': 'external events',
                'ordering': ('starts_at', 'id'),
                'indexes': [models.Index(fields=['calendar', 'starts_at'], name='external_event_by_start'), models.Index(fields=['venue', 'starts_at'], name='external_event_by_venue')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='external_event_span_ordered')],
            },
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=calendars.kinds.kind_choices, max_length=50, verbose_name="content")),
                ('link_version', models.PositiveIntegerField(default=1, editable=False, help_text='Part of the secret address; raising it revokes the old one.')),
                ('created_at', models.DateTimeField(default=common.clock.now, editable=False, verbose_name='created')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked')),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last read')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='feeds', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('resource', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='feeds', to='resources.resource', verbose_name='resource')),
                ('venue', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='feeds', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'calendar feed',
                'verbose_name_plural': 'calendar feeds',
                'ordering': ('created_at', 'id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('resource', None), ('revoked_at', None), ('venue', None)), fields=('owner', 'kind'), name='feed_once_per_owner'), models.UniqueConstraint(condition=models.Q(('resource__isnull', False), ('revoked_at', None)), fields=('owner', 'kind', 'resource'), name='feed_once_per_resource'), models.UniqueConstraint(condition=models.Q(('revoked_at', None), ('venue__isnull', False)), fields=('owner', 'kind', 'venue'), name='feed_once_per_venue'), models.CheckConstraint(condition=models.Q(('resource', None), ('venue', None), _connector='OR'), name='feed_is_of_one_thing')],
            },
        ),
    ]
