import common.prefixes
import common.names
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import phonenumber_field.modelfields
import timezone_field.fields
import uuid
from common.postgres.storage import APPEND_ONLY, KeepAs
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name="email address")),
                ('username', models.CharField(blank=True, max_length=150, null=True, unique=True, validators=[django.core.validators.RegexValidator('^[\\w.+-]+\\Z', "Use only letters, digits and . + - _ (not an email address)."), common.names.check_name], verbose_name='user name')),
                ('first_name', models.CharField(blank=True, max_length=150, validators=[common.names.check_name], verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, validators=[common.names.check_name], verbose_name='last name')),
                ('phone', phonenumber_field.modelfields.PhoneNumberField(blank=True, max_length=128, region=None, verbose_name='phone')),
                ('time_zone', timezone_field.fields.TimeZoneField(blank=True, default='', help_text="Leave empty to use the venue's time zone.", verbose_name='time zone')),
                ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                ('wants_reminders', models.BooleanField(default=True, verbose_name='reminders')),
                ('reminder_hours', models.PositiveSmallIntegerField(default=24, help_text="When to send reminders, in hours before the booking.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(168)], verbose_name='hours of notice')),
                ('wants_sms', models.BooleanField(default=False, help_text="Urgent messages only, to the phone number above.", verbose_name='text messages')),
                ('wants_newsletter', models.BooleanField(default=False, verbose_name='newsletter')),
                ('is_staff', models.BooleanField(default=False, help_text="Can open the admin. Their venue roles decide what they see there.", verbose_name='staff')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'account',
                'verbose_name_plural': 'accounts',
                'ordering': ('email',),
                'constraints': [models.CheckConstraint(condition=models.Q(('username__contains', '@'), _negated=True), name='user_username_is_no_email'), models.CheckConstraint(condition=models.Q(('reminder_hours__gte', 1), ('reminder_hours__lte', 168)), name='user_reminder_within_a_week'), models.UniqueConstraint(common.prefixes.ByBeginning(django.db.models.functions.text.Lower('email')), name='user_email_any_case'), models.UniqueConstraint(common.prefixes.ByBeginning(django.db.models.functions.text.Lower('username')), name='user_username_any_case')],
                'indexes': [models.Index(common.prefixes.ByBeginning(django.db.models.functions.text.Lower('first_name')), name='user_by_first_name'), models.Index(common.prefixes.ByBeginning(django.db.models.functions.text.Lower('last_name')), name='user_by_last_name'), models.Index(fields=['phone'], name='user_by_phone', opclasses=('varchar_pattern_ops',))],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100, validators=[common.names.check_name], verbose_name='name')),
                ('prefix', models.CharField(editable=False, max_length=20, unique=True, verbose_name='prefix')),
                ('digest', models.CharField(editable=False, help_text='SHA-256 of the whole key.', max_length=64)),
                ('scopes', models.JSONField(default=list, verbose_name='rights')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked')),
                ('last_used_at', models.DateTimeField(blank=True, null=True, verbose_name='last used')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'API key',
                'verbose_name_plural': 'API keys',
                'ordering': ('-created_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='SecurityEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('kind', models.CharField(choices=[('signed_in', 'Signed in'), ('refused', 'Sign-in refused'), ('signed_out', 'Signed out'), ('session_ended', "Session ended: token used twice"), ('password_changed', 'Password changed'), ('email_changed', 'Email address changed'), ('factor_added', "Two-step verification added"), ('factor_removed', "Two-step verification removed"), ('key_made', 'API key created'), ('key_revoked', 'API key revoked'), ('access_changed', 'Access changed'), ('role_changed', 'Role at a venue changed')], max_length=20, verbose_name='what')),
                ('address', models.GenericIPAddressField(null=True, verbose_name='address')),
                ('details', models.CharField(blank=True, max_length=200, verbose_name='details')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'security event',
                'verbose_name_plural': 'security log',
                'ordering': ('-at', '-id'),
                'indexes': [models.Index(fields=['at'], name='security_event_by_age'), models.Index(fields=['user', 'at'], name='security_event_by_user')],
            },
        ),
        KeepAs('SecurityEvent', APPEND_ONLY),
    ]
