import django.db.models.functions.text
import common.prefixes
import common.clock
import common.keys
import common.names
import django.db.models.deletion
import phonenumber_field.modelfields
from common.postgres.storage import QUEUE, KeepAs
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
            name='WaitlistEntry',
            fields=[
                ('id', models.UUIDField(default=common.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('customer_name', models.CharField(blank=True, max_length=200, validators=[common.names.check_name], verbose_name='name')),
                ('customer_email', models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                ('customer_phone', phonenumber_field.modelfields.PhoneNumberField(blank=True, max_length=128, region=None, verbose_name='phone')),
                ('preferred_on', models.DateField(verbose_name='date')),
                ('earliest_time', models.TimeField(blank=True, null=True, verbose_name='earliest start')),
                ('latest_time', models.TimeField(blank=True, null=True, verbose_name='latest start')),
                ('fold', models.PositiveSmallIntegerField(editable=False, help_text='Of times that the clock shows twice: 0 the first, 1 the second.', null=True)),
                ('duration', models.PositiveIntegerField(help_text="In minutes.", verbose_name='duration')),
                ('party_size', models.PositiveIntegerField(default=1, verbose_name='party size')),
                ('priority', models.IntegerField(default=0, help_text="Higher goes first, then order of joining.", verbose_name='priority')),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('contacted', 'Contacted'), ('booked', 'Booked'), ('expired', 'Expired'), ('left', 'Left'), ('called_off', 'Called off')], default='waiting', max_length=10, verbose_name='status')),
                ('end_reason', models.CharField(blank=True, help_text="Why it was called off.", max_length=500, verbose_name='reason')),
                ('link_version', models.PositiveIntegerField(default=1, editable=False, help_text='Part of the secret link; raising it revokes the old one.')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='joined')),
                ('skip_reason', models.CharField(blank=True, help_text="Why they were passed over when a time last opened up.", max_length=30, verbose_name='passed over')),
                ('skipped_at', models.DateTimeField(blank=True, null=True, verbose_name='passed over at')),
                ('due_at', models.DateTimeField(default=common.clock.now, editable=False, help_text='When to look for available times; empty: once a time opens up.', null=True)),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waitlist_entries', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waitlist_entries', to='resources.resourcegroup', verbose_name='group')),
                ('resource', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waitlist_entries', to='resources.resource', verbose_name='resource')),
                ('venue', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='waitlist_entries', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'waitlist entry',
                'verbose_name_plural': 'waitlist',
                'ordering': ('-priority', 'created_at', 'id'),
                'indexes': [models.Index(fields=['venue', 'status', 'preferred_on', '-priority', 'created_at', 'id'], name='waitlist_by_date'), models.Index(fields=['status', 'due_at'], name='waitlist_by_due'), models.Index(fields=['-priority', 'created_at', 'id'], name='waitlist_by_place'), models.Index(fields=['preferred_on'], name='waitlist_by_day'), models.Index(fields=['customer_email'], name='waitlist_by_email', opclasses=('varchar_pattern_ops',)), models.Index(fields=['customer_phone'], name='waitlist_by_phone', opclasses=('varchar_pattern_ops',)), models.Index(common.prefixes.ByBeginning(django.db.models.functions.text.Lower('customer_name')), name='waitlist_by_name'), models.Index(common.prefixes.ByBeginning(django.db.models.functions.text.Lower(common.prefixes.LastWord(models.F('customer_name')))), name='waitlist_by_name_last')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('group__isnull', True), ('resource__isnull', False)), models.Q(('group__isnull', False), ('resource__isnull', True)), _connector='OR'), name='waitlist_resource_or_group'), models.CheckConstraint(condition=models.Q(('duration__gte', 1)), name='waitlist_duration_positive'), models.CheckConstraint(condition=models.Q(('party_size__gte', 1)), name='waitlist_party_positive'), models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'contacted', 'booked', 'expired', 'left', 'called_off'])), name='waitlist_status_known')],
            },
        ),
        migrations.CreateModel(
            name='WaitlistOffer',
            fields=[
                ('id', models.UUIDField(default=common.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('deadline_at', models.DateTimeField(verbose_name='deadline')),
                ('outcome', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('declined', 'Declined'), ('expired', 'Expired')], default='open', max_length=10, verbose_name='outcome')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='offered')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='waitlist.waitlistentry', verbose_name='waitlist entry')),
                ('reservation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='waitlist_offer', to='reservations.reservation', verbose_name='booking')),
                ('venue', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'offer',
                'verbose_name_plural': 'offers',
                'ordering': ('created_at',),
                'indexes': [models.Index(fields=['venue', 'created_at'], name='offer_by_venue')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('outcome', 'open')), fields=('entry',), name='offer_one_open_per_entry'), models.CheckConstraint(condition=models.Q(('outcome__in', ['open', 'accepted', 'declined', 'expired'])), name='offer_outcome_known')],
            },
        ),
        migrations.CreateModel(
            name='FreedTime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('spans', models.JSONField(help_text='Each a resource, and UTC minutes.')),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='resources.venue', verbose_name='venue')),
            ],
        ),
        migrations.CreateModel(
            name='QueueLook',
            fields=[
                ('venue', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='resources.venue', verbose_name='venue')),
                ('config_stamp', models.BigIntegerField()),
                ('occupancy', models.BigIntegerField(help_text='How often the guard has seen what is booked change.')),
                ('looked_at', models.DateTimeField()),
            ],
        ),
        KeepAs('FreedTime', QUEUE),
        KeepAs('WaitlistEntry', QUEUE),
    ]
