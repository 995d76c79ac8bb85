import django.db.models.functions.text
import common.prefixes
import common.keys
import common.names
import django.db.models.deletion
import django.db.models.expressions
import phonenumber_field.modelfields
import reservations.models
from common.postgres.storage import APPEND_ONLY, HISTORY, KeepAs
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('payments', '0001_initial'),
        ('resources', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReminderMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'reminder mark',
                'verbose_name_plural': 'reminder marks',
            },
        ),
        migrations.CreateModel(
            name='ReservationSeries',
            fields=[
                ('id', models.UUIDField(default=common.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('rule', models.CharField(help_text='RFC 5545 RRULE.', max_length=500, verbose_name='recurrence')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='series', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'series',
                'verbose_name_plural': 'series',
            },
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.UUIDField(default=common.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(default=reservations.models.new_confirmation_code, editable=False, max_length=12, unique=True, verbose_name='code')),
                ('customer_name', models.CharField(blank=True, max_length=200, validators=[common.names.check_name], verbose_name='name')),
                ('customer_email', models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                ('customer_phone', phonenumber_field.modelfields.PhoneNumberField(blank=True, max_length=128, region=None, verbose_name='phone')),
                ('starts_at', models.DateTimeField(verbose_name='starts')),
                ('ends_at', models.DateTimeField(verbose_name='ends')),
                ('status', models.CharField(choices=[('held', 'Held'), ('pending', 'Awaiting approval'), ('confirmed', 'Confirmed'), ('checked_in', 'Checked in'), ('completed', 'Completed'), ('cancelled', 'Cancelled'), ('declined', 'Declined'), ('expired', 'Expired'), ('no_show', 'No-show')], max_length=20, verbose_name='status')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                ('party_size', models.PositiveIntegerField(default=1, verbose_name='party size')),
                ('requests', models.TextField(blank=True, verbose_name='special requests')),
                ('answers', models.JSONField(blank=True, default=list, help_text="Answers to the venue's questions at the time: question_id, question, kind, answer.", verbose_name='answers')),
                ('terms_accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='terms accepted')),
                ('texts_agreed_at', models.DateTimeField(blank=True, null=True, verbose_name="agreed to text messages at")),
                ('texts_agreed_how', models.CharField(blank=True, choices=[('page', "Website form"), ('api', "API"), ('phone', "In person or by phone")], max_length=10, verbose_name="way of consent")),
                ('total_amount', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=12, verbose_name='price')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('deposit_amount', models.DecimalField(decimal_places=4, default=Decimal('0'), help_text="Due before the booking is confirmed.", max_digits=12, verbose_name='deposit')),
                ('price_lines', models.JSONField(blank=True, default=list, verbose_name='price lines')),
                ('cancellation_terms', models.JSONField(blank=True, default=list, help_text="As agreed at booking: amount and tiers per resource.", verbose_name='cancellation terms')),
                ('fee_amount', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=12, verbose_name='fee kept')),
                ('minimum_fee', models.DecimalField(decimal_places=4, default=Decimal('0'), help_text="Minimum cancellation fee, because the customer changed it after free cancellation ended.", max_digits=12, verbose_name='lowest cancellation fee')),
                ('agreed_before', models.JSONField(editable=False, help_text='What was booked before a move that awaits approval; holds again if that is declined.', null=True)),
                ('refund_declined', models.BooleanField(default=False, help_text="The person who cancelled declined a refund.", verbose_name="refund declined")),
                ('cancel_reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('source', models.CharField(choices=[('web', 'Website'), ('staff', 'Staff'), ('api', 'API'), ('waitlist', 'Waitlist'), ('import', 'Import'), ('system', 'Automatic')], default='web', max_length=20, verbose_name='source')),
                ('purpose', models.CharField(choices=[('booking', 'Booking'), ('event', 'Event'), ('block', "Maintenance or block"), ('loan', 'Loan'), ('session', 'Class or course')], default='booking', max_length=10, verbose_name='purpose')),
                ('title', models.CharField(blank=True, help_text="Title of an event or block. Customers see it.", max_length=200, validators=[common.names.check_name], verbose_name='title')),
                ('link_version', models.PositiveIntegerField(default=1, editable=False, help_text='Part of the secret link; raising it revokes the old one.')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('bill', models.OneToOneField(blank=True, editable=False, help_text='Made with the first payment.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reservation', to='payments.bill')),
                ('customer', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('venue', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='resources.venue', verbose_name='venue')),
                ('series', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='reservations.reservationseries', verbose_name='series')),
            ],
            options={
                'verbose_name': 'booking',
                'verbose_name_plural': 'bookings',
                'ordering': ('starts_at', 'id'),
                'indexes': [models.Index(fields=['starts_at', 'id'], name='reservation_by_start'), models.Index(fields=['venue', 'starts_at'], name='reservation_by_venue_start'), models.Index(fields=['customer', 'starts_at'], name='reservation_by_customer'), models.Index(fields=['status', 'starts_at'], name='reservation_by_status'), models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='reservation_holds'), models.Index(condition=models.Q(('series__isnull', False)), fields=['series'], name='reservation_by_series'), models.Index(fields=['created_at', 'id'], name='reservation_by_creation'), models.Index(fields=['customer_email', 'id'], name='reservation_by_email', opclasses=('varchar_pattern_ops', 'uuid_ops')), models.Index(fields=['customer_phone'], name='reservation_by_phone', opclasses=('varchar_pattern_ops',)), models.Index(common.prefixes.ByBeginning(django.db.models.functions.text.Lower('customer_name')), name='reservation_by_name'), models.Index(common.prefixes.ByBeginning(django.db.models.functions.text.Lower(common.prefixes.LastWord(models.F('customer_name')))), name='reservation_by_name_last'), models.Index(common.prefixes.ByBeginning(django.db.models.functions.text.Lower('title')), name='reservation_by_title')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='reservation_span_ordered'), models.CheckConstraint(condition=models.Q(('status__in', ['held', 'pending', 'confirmed', 'checked_in', 'completed', 'cancelled', 'declined', 'expired', 'no_show'])), name='reservation_status_known'), models.CheckConstraint(condition=models.Q(('source__in', ['web', 'staff', 'api', 'waitlist', 'import', 'system'])), name='reservation_source_known'), models.CheckConstraint(condition=models.Q(('purpose__in', ['booking', 'event', 'block', 'loan', 'session'])), name='reservation_purpose_known'), models.CheckConstraint(condition=models.Q(('party_size__gte', 1)), name='reservation_party_positive'), models.CheckConstraint(condition=models.Q(models.Q(('texts_agreed_at__isnull', True), ('texts_agreed_how', '')), models.Q(('texts_agreed_at__isnull', False), ('texts_agreed_how__in', ['page', 'api', 'phone'])), _connector='OR'), name='reservation_texts_agreed_how'), models.CheckConstraint(condition=models.Q(('total_amount__gte', 0)), name='reservation_price_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(('expires_at__isnull', False), ('status', 'held')), models.Q(models.Q(('status', 'held'), _negated=True), ('expires_at__isnull', True)), _connector='OR'), name='reservation_only_holds_expire')],
            },
        ),
        migrations.CreateModel(
            name='VenueCustomer',
            fields=[
            ],
            options={
                'verbose_name': 'customer',
                'verbose_name_plural': 'customers',
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('reservations.reservation',),
        ),
        migrations.CreateModel(
            name='ReservationEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('kind', models.CharField(choices=[('held', 'Held'), ('booked', 'Booked'), ('confirmed', 'Confirmed'), ('declined', 'Declined'), ('rescheduled', 'Rescheduled'), ('cancelled', 'Cancelled'), ('checked_in', 'Checked in'), ('completed', 'Completed'), ('no_show', 'No-show'), ('expired', 'Expired'), ('edited', 'Details changed'), ('extended', 'Hold extended'), ('adjusted', "Held resources changed"), ('undone', "Undone")], max_length=20, verbose_name='what')),
                ('source', models.CharField(choices=[('web', 'Website'), ('staff', 'Staff'), ('api', 'API'), ('waitlist', 'Waitlist'), ('import', 'Import'), ('system', 'Automatic')], max_length=20, verbose_name='from')),
                ('old_status', models.CharField(blank=True, max_length=20, verbose_name='before')),
                ('new_status', models.CharField(max_length=20, verbose_name='after')),
                ('changes', models.JSONField(blank=True, default=dict, help_text='Field: [old, new].', verbose_name='changes')),
                ('actor', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by whom')),
                ('reservation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='reservations.reservation', verbose_name='booking')),
                ('venue', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'history',
                'ordering': ('id',),
                'indexes': [models.Index(condition=models.Q(('actor__isnull', False)), fields=['actor'], name='event_by_actor')],
            },
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('units', models.PositiveIntegerField(default=1, verbose_name='units')),
                ('b0', models.IntegerField(null=True)),
                ('b1', models.IntegerField(null=True)),
                ('expires_at', models.BigIntegerField(null=True, verbose_name='held until')),
                ('reach', models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('b1__gt', django.db.models.expressions.CombinedExpression(models.F('b0'), '+', models.Value(2097152)))), then=models.Value(2147483648)), models.When(models.Q(('b1__gt', django.db.models.expressions.CombinedExpression(models.F('b0'), '+', models.Value(524288)))), then=models.Value(2097152)), models.When(models.Q(('b1__gt', django.db.models.expressions.CombinedExpression(models.F('b0'), '+', models.Value(131072)))), then=models.Value(524288)), models.When(models.Q(('b1__gt', django.db.models.expressions.CombinedExpression(models.F('b0'), '+', models.Value(32768)))), then=models.Value(131072)), models.When(models.Q(('b1__gt', django.db.models.expressions.CombinedExpression(models.F('b0'), '+', models.Value(8192)))), then=models.Value(32768)), models.When(models.Q(('b1__gt', django.db.models.expressions.CombinedExpression(models.F('b0'), '+', models.Value(2880)))), then=models.Value(8192)), default=None), output_field=models.BigIntegerField(null=True))),
                ('resource', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='resources.resource', verbose_name='resource')),
                ('venue', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='resources.venue', verbose_name='venue')),
                ('reservation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='allocations', to='reservations.reservation', verbose_name='booking')),
            ],
            options={
                'verbose_name': 'allocation',
                'verbose_name_plural': 'allocations',
                'indexes': [models.Index(fields=['resource', 'b0', 'b1', 'units', 'expires_at'], name='allocation_by_resource'), models.Index(fields=['b0', 'resource'], name='allocation_by_time'), models.Index(condition=models.Q(('reach__isnull', False)), fields=['resource', 'reach', 'b0', 'b1', 'units', 'expires_at'], name='allocation_of_long')],
                'constraints': [models.UniqueConstraint(fields=('reservation', 'resource'), name='allocation_once_per_resource'), models.CheckConstraint(condition=models.Q(('units__gte', 1)), name='allocation_units_positive'), models.CheckConstraint(condition=models.Q(models.Q(('b0__isnull', True), ('b1__isnull', True)), models.Q(('b0__isnull', False), ('b1__gt', models.F('b0')), ('b1__isnull', False)), _connector='OR'), name='allocation_span_ordered')],
            },
        ),
        migrations.CreateModel(
            name='ReservationItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('units', models.PositiveIntegerField(default=1, verbose_name='units')),
                ('takes_all', models.BooleanField(default=False, help_text="All units, even if their number changes.", verbose_name='all units')),
                ('group', models.ForeignKey(blank=True, db_index=False, help_text="If any one of a group was requested.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reservation_items', to='resources.resourcegroup', verbose_name='group')),
                ('reservation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='reservations.reservation', verbose_name='booking')),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservation_items', to='resources.resource', verbose_name='resource')),
                ('venue', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'booked resource',
                'verbose_name_plural': 'booked resources',
                'ordering': ('id',),
                'indexes': [models.Index(condition=models.Q(('group__isnull', False)), fields=['group'], name='item_by_group')],
                'constraints': [models.UniqueConstraint(fields=('reservation', 'resource'), name='item_once_per_resource'), models.CheckConstraint(condition=models.Q(('units__gte', 1)), name='item_units_positive')],
            },
        ),
        migrations.CreateModel(
            name='HistoryRemoval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.DateTimeField(help_text='All that was removed was over by then.')),
                ('started_at', models.DateTimeField()),
                ('reservations', models.PositiveIntegerField(default=0)),
                ('events', models.PositiveIntegerField(default=0)),
                ('permit', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='reservations.historyremoval')),
                ('venue', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'removal of history',
                'verbose_name_plural': 'removals of history',
                'constraints': [models.UniqueConstraint(condition=models.Q(('permit__isnull', False)), fields=('venue',), name='removal_one_at_a_time')],
            },
        ),
        KeepAs('Reservation', HISTORY),
        KeepAs('ReservationItem', HISTORY),
        KeepAs('Allocation', HISTORY),
        KeepAs('ReservationEvent', APPEND_ONLY),
    ]
